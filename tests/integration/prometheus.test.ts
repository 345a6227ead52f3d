import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.js';
import { has, programPath } from '../support/needs.js';
import { ROOT } from '../support/root.js';

const FOLDER = fileURLToPath(new URL('deploy/prometheus', ROOT));
const RULES = readFileSync(`${FOLDER}/alerts.yml`, 'utf8');
const RUNBOOK = fileURLToPath(new URL('docs/operating/runbook', ROOT));

const DASHBOARD = readFileSync(new URL('deploy/grafana/port-status.json', ROOT), 'utf8');

function all(pattern: RegExp, text = RULES): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

interface Query {
  /** Of its panel, or annotation. */
  readonly title: string;
  /** With an interval where Grafana puts one. */
  readonly expr: string;
}

/** Every query of the dashboard. */
function queries(): readonly Query[] {
  const { panels, annotations } = JSON.parse(DASHBOARD) as {
    readonly panels: readonly {
      readonly title: string;
      readonly targets: readonly { readonly expr: string }[];
    }[];
    readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  };
  const all = [
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))),
    ...annotations.list.map(({ name, expr }) => ({ title: name, expr })),
  ];
  return all.map(({ title, expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '1m') }));
}

describe('the alert rules and the dashboard', () => {
  it('have a page of the runbook each, which bears the name of the alert', () => {
    const [alerts, pages] = [all(/alert: (\w+)/g), all(/runbook: (\S+)/g)];
    const heads = pages.map((page) => readFileSync(new URL(page, ROOT), 'utf8').split('\n')[0]);
    expect(heads).toEqual(alerts.map((alert) => `# ${alert}`));
    const files = readdirSync(RUNBOOK).filter((file) => file !== 'README.md');
    expect(pages.map((page) => page.split('/').at(-1)).sort()).toEqual(files.sort());
  });

  it('ask for metrics that there are', async () => {
    const metrics = await createMetrics().registry.metrics();
    const names = new Set(all(/^# TYPE (\S+)/gm, metrics));
    const asked = all(/\b(port_status_[a-z_]+)/g, [RULES, ...queries().map(({ expr }) => expr)].join('\n'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !names.has(name.replace(/_bucket$/, '')))).toEqual([]);
  });
});

describe.runIf(has('prometheus', { promtool: 'prometheus' }))('for promtool', () => {
  const run = promisify(execFile);
  /** A file of Prometheus that ends with the test: JSON is YAML, too. */
  const write = (content: object): string => {
    const folder = mkdtempSync(join(tmpdir(), 'port-status-promtool-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'file.yml');
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const promtool = (...words: readonly string[]): ReturnType<typeof run> =>
    run(programPath('promtool'), words, { cwd: FOLDER });

  it('the rules are well-formed, and fire when they should and not before', async () => {
    await promtool('check', 'rules', 'alerts.yml');
    await promtool('test', 'rules', 'alerts.test.yml');
  });

  it("the dashboard's queries are well-formed", async () => {
    const rules = queries().map(({ expr }, index) => ({ record: `query_${index}`, expr }));
    const file = write({ groups: [{ name: 'dashboard', rules }] });
    expect((await promtool('check', 'rules', file)).stdout).toContain(`${rules.length} rules found`);
  });

  it('the share of a server is one of what all receive', async () => {
    const expr = queries().find(({ title }) => title === 'Share of each server')?.expr;
    const series = [
      { series: 'port_status_received_total{instance="a",job="servers"}', values: '0+30x20' },
      { series: 'port_status_received_total{instance="b",job="servers"}', values: '0+10x20' },
    ];
    const exp_samples = [
      { labels: '{instance="a"}', value: 0.75 },
      { labels: '{instance="b"}', value: 0.25 },
    ];
    const test = {
      ...{ interval: '15s', input_series: series },
      promql_expr_test: [{ expr, eval_time: '5m', exp_samples }],
    };
    await promtool('test', 'rules', write({ tests: [test] }));
  });

  it('the metrics follow the conventions', async () => {
    const checked = promtool('check', 'metrics');
    (checked as unknown as { readonly child: ReturnType<typeof execFile> }).child.stdin?.end(
      await createMetrics().registry.metrics(),
    );
    expect((await checked).stdout).toBe('');
  });
});

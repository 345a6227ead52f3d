import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { METRICS } from '../../src/runtime/metrics-table.js';
import { openCloudInFiles } from '../support/cloud-in-files.js';
import type { CloudInFiles } from '../support/cloud-in-files.js';
import { eventually } from '../support/eventually.js';
import { readMetrics } from '../support/metrics.js';
import { has, programPath } from '../support/needs.js';
import {
  alertQueries,
  all,
  dashboardQueries,
  missingIn,
  RULES,
  seriesIn,
} from '../support/prometheus-queries.js';
import { ROOT } from '../support/root.js';

const FOLDER = fileURLToPath(new URL('deploy/prometheus', ROOT));
const RUNBOOK = fileURLToPath(new URL('docs/operating/runbook', ROOT));

let set: CloudInFiles;
/** What a server and an agent serve at `/metrics` after a port was plugged. */
let pages: Readonly<Record<'server' | 'agent', string>>;

beforeAll(async () => {
  set = await openCloudInFiles();
  const [server, agent] = [await set.startServer(), await set.startAgent()];
  await set.boot([1]);
  pages = await eventually(async () => {
    const [ofServer, ofAgent] = [await readMetrics(server), await readMetrics(agent)];
    expect(ofServer).toContain('port_status_nova_told_total{word="plugged"} 1');
    return { server: ofServer, agent: ofAgent };
  });
});
afterAll(() => set.close());

describe('the alert rules and the dashboard', () => {
  it('have a page of the runbook each, which bears the name of the alert', () => {
    const [alerts, pages] = [all(/alert: (\w+)/g, RULES), all(/runbook: (\S+)/g, RULES)];
    const heads = pages.map((page) => readFileSync(new URL(page, ROOT), 'utf8').split('\n')[0]);
    expect(heads).toEqual(alerts.map((alert) => `# ${alert}`));
    const files = readdirSync(RUNBOOK).filter((file) => file !== 'README.md');
    expect(pages.map((page) => page.split('/').at(-1)).sort()).toEqual(files.sort());
  });

  it('ask for metrics and labels that a server or an agent serves', () => {
    const series = seriesIn(Object.values(pages));
    const queries = [...alertQueries(), ...dashboardQueries()];
    expect(queries.flatMap((query) => missingIn(query, series))).toEqual([]);
    expect(new Set(queries.map(({ title }) => title)).size).toBeGreaterThan(30);
  });

  it.each([
    ['sum by (server) (port_status_backlog)', 'server'],
    ['port_status_judged_total{result="applied"}', 'result'],
    ['rate(port_status_judged[1m])', 'port_status_judged'],
    ['histogram_quantile(0.5, port_status_apply_seconds)', 'port_status_apply_seconds'],
  ])('would be found out if they asked for %s', (expr, what) => {
    const series = seriesIn(Object.values(pages));
    expect(missingIn({ title: 'it', expr, shown: [] }, series)).toEqual([`it: ${what}`]);
  });

  it.each([
    ['port_status_judged_total', 'result'],
    ['sum by (verdict) (port_status_judged_total)', 'occasion'],
    ['max(port_status_judged_total)', 'verdict'],
  ])('would be found out if of %s they showed the label %s', (expr, label) => {
    const series = seriesIn(Object.values(pages));
    expect(missingIn({ title: 'it', expr, shown: [label] }, series)).toEqual([`it: ${label}`]);
  });
});

it.each(['server', 'agent'] as const)('a running %s serves its own metrics and those of both', (program) => {
  const own = Object.values(METRICS).filter((row) => !('of' in row) || row.of === program);
  expect([...all(/^# TYPE (\S+)/gm, pages[program])].sort()).toEqual(own.map(({ name }) => name).sort());
  expect(pages[program]).toContain(`port_status_build_info{program="${program}",version="`);
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
    const rules = dashboardQueries().map(({ expr }, index) => ({ record: `query_${index}`, expr }));
    const file = write({ groups: [{ name: 'dashboard', rules }] });
    expect((await promtool('check', 'rules', file)).stdout).toContain(`${rules.length} rules found`);
  });

  it('the share of a server is one of what all receive', async () => {
    const expr = dashboardQueries().find(({ title }) => title === 'Share of each server')?.expr;
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

  it.each(['server', 'agent'] as const)(
    'the metrics of a running %s follow the conventions',
    async (program) => {
      const checked = promtool('check', 'metrics');
      (checked as unknown as { readonly child: ReturnType<typeof execFile> }).child.stdin?.end(
        pages[program],
      );
      expect((await checked).stdout).toBe('');
    },
  );
});

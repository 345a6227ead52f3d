import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.js';
import { has, programPath } from '../support/needs.js';
import { ROOT } from '../support/root.js';

const FOLDER = fileURLToPath(new URL('deploy/prometheus', ROOT));
const RULES = readFileSync(`${FOLDER}/alerts.yml`, 'utf8');
const RUNBOOK = fileURLToPath(new URL('docs/operating/runbook', ROOT));

function all(pattern: RegExp): readonly string[] {
  return [...RULES.matchAll(pattern)].map(([, found = '']) => found);
}

describe('the alert rules', () => {
  it('have a page of the runbook each, which bears the name of the alert', () => {
    const [alerts, pages] = [all(/alert: (\w+)/g), all(/runbook: (\S+)/g)];
    const heads = pages.map((page) => readFileSync(new URL(page, ROOT), 'utf8').split('\n')[0]);
    expect(heads).toEqual(alerts.map((alert) => `# ${alert}`));
    const files = readdirSync(RUNBOOK).filter((file) => file !== 'README.md');
    expect(pages.map((page) => page.split('/').at(-1)).sort()).toEqual(files.sort());
  });

  it('ask for metrics that there are', async () => {
    const metrics = await createMetrics().registry.metrics();
    const names = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = all(/\b(port_status_[a-z_]+)/g);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe.runIf(has('prometheus', { promtool: 'prometheus' }))('for promtool', () => {
  const run = promisify(execFile);
  const promtool = (...words: readonly string[]): ReturnType<typeof run> =>
    run(programPath('promtool'), words, { cwd: FOLDER });

  it('the rules are well-formed, and fire when they should and not before', async () => {
    await promtool('check', 'rules', 'alerts.yml');
    await promtool('test', 'rules', 'alerts.test.yml');
  });

  it('the metrics follow the conventions', async () => {
    const checked = promtool('check', 'metrics');
    (checked as unknown as { readonly child: ReturnType<typeof execFile> }).child.stdin?.end(
      await createMetrics().registry.metrics(),
    );
    expect((await checked).stdout).toBe('');
  });
});

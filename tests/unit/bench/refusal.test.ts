import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../bench/refusal.js';
import type { Asked } from '../../../bench/refusal.js';
import type { Scenario } from '../../../bench/scenario.js';

const scenario: Scenario = {
  name: 'storm',
  doc: '',
  takes: { engines: ['redis', 'etcd'], dbs: ['mariadb'], options: ['ports', 'runs'] },
  run: () => Promise.reject(new Error('is not played')),
};

const asked: Asked = { given: [], engines: [], db: 'mariadb', numbers: { ports: 10, servers: 1, runs: 3 } };

describe('A benchmark', () => {
  it('is played where everything given means something to it', () => {
    expect(refusalOf(scenario, { ...asked, given: ['engine', 'ports', 'json'], engines: ['etcd'] })).toBe(
      undefined,
    );
  });

  it.each([
    ['an option that it ignores', { given: ['servers'] }, '--servers means nothing here'],
    ['an engine that it can not take', { given: ['engine'], engines: ['sqlite'] }, 'no engine sqlite'],
    ['two engines', { given: ['engine'], engines: ['redis', 'etcd'] }, 'one engine at a time'],
    ['a database that it can not take', { given: ['db'], db: 'sqlite' }, 'no database sqlite'],
    ['no number', { given: ['runs'], numbers: { runs: Number.NaN } }, '--runs is a whole number from 1 on'],
  ])('is refused with %s, and says what it takes', (_, given, reason) => {
    expect(refusalOf(scenario, { ...asked, ...given })).toBe(
      `storm: ${reason}; it takes --engine redis|etcd, --db mariadb, --ports, --runs, --json`,
    );
  });
});

import { readFileSync } from 'node:fs';
import { METRICS } from '../../src/runtime/metrics-table.js';
import { parseSamples } from '../../src/runtime/samples.js';
import { ROOT } from './root.js';

/** The alert rules, as text. */
export const RULES = readFileSync(new URL('deploy/prometheus/alerts.yml', ROOT), 'utf8');

const DASHBOARD = readFileSync(new URL('deploy/grafana/port-status.json', ROOT), 'utf8');

/** What an alert or a panel asks Prometheus for. */
export interface Query {
  /** Of its alert, panel or annotation. */
  readonly title: string;
  /** With an interval where Grafana puts one. */
  readonly expr: string;
  /** Labels of the answer that its text or legend shows. */
  readonly shown: readonly string[];
}

/** What the first group of a pattern finds. */
export function all(pattern: RegExp, text: string): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

/** Every query of the alerts. */
export function alertQueries(): readonly Query[] {
  const [, ...rules] = RULES.split('- alert: ');
  return rules.map((rule) => ({
    title: all(/^(\w+)/g, rule)[0] ?? '',
    expr: all(/expr: (.+)/g, rule)[0] ?? '',
    shown: all(/\$labels\.(\w+)/g, rule),
  }));
}

interface Target {
  readonly expr: string;
  readonly legendFormat?: string;
}

/** Every query of the dashboard. */
export function dashboardQueries(): readonly Query[] {
  const { panels, annotations } = JSON.parse(DASHBOARD) as {
    readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
    readonly annotations: { readonly list: readonly (Target & { readonly name: string })[] };
  };
  return [
    ...panels.flatMap(({ title, targets }) => targets.map((target) => toQuery(title, target))),
    ...annotations.list.map((target) => toQuery(target.name, target)),
  ];
}

function toQuery(title: string, { expr, legendFormat = '' }: Target): Query {
  const shown = all(/\{\{\s*(\w+)\s*\}\}/g, legendFormat);
  return { title, expr: expr.replaceAll('$__rate_interval', '1m'), shown };
}

/** The names of series, each with its labels. */
export type Series = ReadonlyMap<string, ReadonlySet<string>>;

/** What Prometheus adds to all that it scrapes. */
const OF_TARGETS = ['instance', 'job'];

/** What can be asked for, where these are the answers of `/metrics`; of what has no series yet by METRICS. */
export function seriesIn(pages: readonly string[]): Series {
  const series = new Map<string, Set<string>>([['up', new Set(OF_TARGETS)]]);
  const add = (name: string, labels: readonly string[]): void => {
    series.set(name, new Set([...(series.get(name) ?? OF_TARGETS), ...labels]));
  };
  for (const { name, labels } of pages.flatMap(parseSamples)) add(name, Object.keys(labels));
  const rows = Object.values(METRICS).map((row) => ({ labels: [], ...row }));
  const labelsOf = new Map<string, readonly string[]>(rows.map(({ name, labels }) => [name, labels]));
  for (const name of all(/^# TYPE (port_status_\w+) (?:counter|gauge)$/gm, pages.join('\n')))
    if (!series.has(name)) add(name, labelsOf.get(name) ?? []);
  return series;
}

/** What a query asks for, or shows, that is not there. */
export function missingIn({ title, expr, shown }: Query, series: Series): readonly string[] {
  const text = expr.replaceAll(/"[^"]*"/g, '""');
  const names = all(/\b(port_status_\w+|up)\b/g, text);
  const labels = new Set(names.flatMap((name) => [...(series.get(name) ?? [])]));
  const grouped = all(/\bby\s*\(([^)]*)\)/g, text).map(wordsOf);
  const matched = all(/\{([^}]*)\}/g, text).flatMap((one) => all(/(\w+)\s*[=!]/g, one));
  const isAggregated = /\b(sum|min|max|count|avg)\s*(by\s*)?\(/.test(text);
  const answered = new Set(grouped[0] ?? (isAggregated ? [] : labels));
  return [
    ...(names.length === 0 ? ['a metric'] : names.filter((name) => !series.has(name))),
    ...[...grouped.flat(), ...matched].filter((label) => !labels.has(label)),
    ...shown.filter((label) => !answered.has(label)),
  ].map((what) => `${title}: ${what}`);
}

function wordsOf(list: string): readonly string[] {
  return all(/(\w+)/g, list);
}

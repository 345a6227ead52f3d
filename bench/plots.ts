import * as vega from 'vega';
import { compile } from 'vega-lite';
import type { TopLevelSpec } from 'vega-lite';

/** One bar. */
export interface Bar {
  /** What stands below its group. */
  readonly group: string;
  /** What its colour means. */
  readonly kind: string;
  readonly value: number;
}

/** Bars side by side in groups, as SVG that needs nothing from outside. */
export async function drawBars(title: string, unit: string, bars: readonly Bar[]): Promise<string> {
  const kinds = [...new Set(bars.map(({ kind }) => kind))];
  const groups = [...new Set(bars.map(({ group }) => group))];
  const spec: TopLevelSpec = {
    title,
    background: 'white',
    width: { step: 40 },
    height: 220,
    data: { values: bars.map((bar) => ({ ...bar })) },
    mark: { type: 'bar', tooltip: null },
    encoding: {
      x: { field: 'group', type: 'nominal', sort: groups, title: null, axis: { labelAngle: 0 } },
      xOffset: { field: 'kind', type: 'nominal', sort: kinds },
      y: { field: 'value', type: 'quantitative', title: unit },
      color: {
        field: 'kind',
        type: 'nominal',
        sort: kinds,
        title: null,
        scale: { range: ['#2b6cb0', '#dd8452', '#8c8c8c', '#55a868'] },
        legend: { orient: 'bottom', columns: 1, labelLimit: 0 },
      },
    },
  };
  return new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

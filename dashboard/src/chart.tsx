import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** One line of a chart; null where nothing was measured. */
export interface Line {
  readonly label: string;
  /** A custom property of the style sheet, such as `--line-1`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** The newest figures in words: what a chart says to whoever does not see it. */
  readonly summary: string;
  /** Milliseconds since 1970, one for each value. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** Light or dark: a chart takes its colours once. */
  readonly theme: string;
}

const HEIGHT = 160;

export function Chart({ title, summary, times, lines, format, theme }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const data = [times.map((ms) => ms / 1000), ...lines.map(({ values }) => values)] as uPlot.AlignedData;
  useEffect(() => {
    const { current: home } = place;
    if (home === null) return undefined;
    const drawn = new uPlot(optionsOf(lines, format, home), data, home);
    chart.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: home.clientWidth, height: HEIGHT }));
    observer.observe(home);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [theme]);
  useEffect(() => chart.current?.setData(data), [times]);
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <p>{summary}</p>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${summary}`} />
    </figure>
  );
}

function optionsOf(
  lines: readonly Line[],
  format: (value: number) => string,
  home: HTMLElement,
): uPlot.Options {
  const style = getComputedStyle(home);
  const ink = style.getPropertyValue('--ink-soft');
  const axis = {
    stroke: ink,
    grid: { stroke: style.getPropertyValue('--grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(200, home.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map(format) }],
    series: [
      {},
      ...lines.map(({ label, colour }) => ({
        label,
        stroke: style.getPropertyValue(colour),
        width: 2,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

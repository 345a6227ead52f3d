import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Line } from './line.js';
import { time } from './words.js';

export interface ChartProps {
  readonly title: string;
  /** The newest figures in words: what a chart says to whoever does not see it. */
  readonly summary: string;
  /** Milliseconds since 1970, one for each value. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** What the y axis reaches at the least. */
  readonly least?: number;
  /** Light or dark: a chart takes its colours once. */
  readonly theme: string;
}

const HEIGHT = 160;

export function Chart({ title, summary, times, lines, format, least = 1, theme }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const data = [times.map((ms) => ms / 1000), ...lines.map(({ values }) => values)] as uPlot.AlignedData;
  const slots = lines.map(({ slot }) => slot);
  useEffect(() => {
    const { current: home } = place;
    if (home === null) return undefined;
    const drawn = new uPlot(optionsOf(slots, { format, least }, home), data, home);
    chart.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: home.clientWidth, height: HEIGHT }));
    observer.observe(home);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [theme, slots.join()]);
  useEffect(() => chart.current?.setData(data), [times]);
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <p>{summary}</p>
        <ul class="legend">
          {named(lines).map(({ label, slot }) => (
            <Entry key={label} label={label} slot={slot} />
          ))}
        </ul>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${summary}`} />
    </figure>
  );
}

/** Those that stand in the legend, in the order of their colours. */
function named(lines: readonly Line[]): readonly { readonly label: string; readonly slot: number }[] {
  return lines
    .flatMap(({ label, slot }) => (label === undefined || slot === 'rest' ? [] : [{ label, slot }]))
    .sort((one, other) => one.slot - other.slot);
}

/** Drawn as its line is. */
function Entry({ label, slot }: { readonly label: string; readonly slot: number }): JSX.Element {
  return (
    <li>
      <svg width={26} height={6} aria-hidden="true">
        <path
          d="M0 3 H26"
          style={{ stroke: `var(--line-${slot})`, strokeDasharray: dashOf(slot).join(' ') }}
        />
      </svg>
      {label}
    </li>
  );
}

/** Lines are told apart without their colours, too. */
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3]];

function dashOf(slot: Line['slot']): readonly number[] {
  return slot === 'rest' ? [] : (DASHES[(slot - 1) % DASHES.length] ?? []);
}

function optionsOf(
  slots: readonly Line['slot'][],
  { format, least }: Required<Pick<ChartProps, 'format' | 'least'>>,
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
    scales: { y: { range: (_, __, most) => [0, Math.max(least, most * 1.1)] } },
    axes: [
      { ...axis, space: 70, size: 30, values: (_, ticks) => ticks.map((seconds) => time(seconds * 1000)) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...slots.map((slot) => ({
        stroke: style.getPropertyValue(`--line-${slot}`),
        width: slot === 'rest' ? 1 : 2,
        dash: [...dashOf(slot)],
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

import type { JSX } from 'preact';
import { Chart } from './chart.js';
import type { Line } from './chart.js';
import type { Percentiles } from './latencies.js';
import type { Tick } from './live.js';
import { count, duration, rate } from './words.js';

/** The last minutes. */
export function Charts({
  ticks,
  theme,
  whose,
}: {
  readonly ticks: readonly Tick[];
  readonly theme: string;
  /** Whose work it is. */
  readonly whose: string;
}): JSX.Element {
  const times = ticks.map(({ atMs }) => atMs);
  const last = ticks.at(-1);
  const line = (label: string, colour: string, value: (tick: Tick) => number | null): Line => ({
    ...{ label, colour },
    values: ticks.map(value),
  });
  const shared = { times, theme };
  return (
    <div class="charts">
      <Chart
        {...shared}
        title="Reports a second, by all servers"
        summary={
          last === undefined
            ? 'nothing measured yet'
            : `${rate(last.pace.arrived)} arrived, ${rate(last.pace.all.written)} written`
        }
        format={count}
        lines={[
          line('arrived', '--line-1', ({ pace }) => pace.arrived),
          line('written', '--line-2', ({ pace }) => pace.all.written),
        ]}
      />
      {LATENCIES.map(({ title, of }) => (
        <Chart
          {...shared}
          key={title}
          title={`${title}, by ${whose}`}
          summary={inWords(last && of(last))}
          format={duration}
          lines={[
            line('p50', '--line-1', (tick) => of(tick)?.p50Ms ?? null),
            line('p99', '--line-2', (tick) => of(tick)?.p99Ms ?? null),
          ]}
        />
      ))}
      <Chart
        {...shared}
        title="Reports that wait, in all topics"
        summary={last === undefined ? 'nothing measured yet' : `${count(last.backlog)} wait`}
        format={count}
        lines={[line('waiting', '--line-1', ({ backlog }) => backlog)]}
      />
    </div>
  );
}

const LATENCIES: readonly { readonly title: string; readonly of: (tick: Tick) => Percentiles | undefined }[] =
  [
    { title: 'From publication to commit', of: ({ pace }) => pace.commit },
    { title: "From the debt to Nova's answer", of: ({ pace }) => pace.nova },
  ];

function inWords(percentiles: Percentiles | undefined): string {
  return percentiles === undefined
    ? 'nothing in the last seconds'
    : `half within ${duration(percentiles.p50Ms)}, 99 % within ${duration(percentiles.p99Ms)}`;
}

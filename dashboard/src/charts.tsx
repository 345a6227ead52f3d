import type { JSX } from 'preact';
import { Chart } from './chart.js';
import type { Tick } from './history.js';
import type { Percentiles } from './latencies.js';
import type { Line } from './line.js';
import { serverLines } from './server-lines.js';
import { count, duration, percent, rate } from './words.js';

/** The last minutes. */
export function Charts({
  ticks,
  theme,
  whose,
}: {
  readonly ticks: readonly Tick[];
  readonly theme: string;
  /** Whose latencies they are, as a beginning of a sentence. */
  readonly whose: string;
}): JSX.Element {
  const shared = { times: ticks.map(({ atMs }) => atMs), theme };
  const last = ticks.at(-1);
  const line = (label: string, slot: number, value: (tick: Tick) => number | null): Line => ({
    ...{ label, slot },
    values: ticks.map(value),
  });
  return (
    <div class="charts">
      <Chart
        {...shared}
        title="Reports a second, by all servers"
        summary={
          last === undefined ? NOTHING : `${rate(last.arrived)} arrived, ${rate(last.written)} written`
        }
        format={count}
        lines={[line('written', 2, ({ written }) => written), line('arrived', 1, ({ arrived }) => arrived)]}
      />
      <Chart
        {...shared}
        title="Reports that wait, in all topics"
        summary={last === undefined ? NOTHING : `${count(last.backlog)} wait`}
        format={count}
        lines={[line('waiting', 1, ({ backlog }) => backlog)]}
      />
      {LATENCIES.map(({ title, of }) => (
        <Chart
          {...shared}
          key={title}
          title={title}
          summary={whose + inWords(last && of(last))}
          format={duration}
          lines={[
            line('99 % in', 2, (tick) => of(tick)?.p99Ms ?? null),
            line('half in', 1, (tick) => of(tick)?.p50Ms ?? null),
          ]}
        />
      ))}
      <Chart
        {...shared}
        title="Share of the work, by server"
        summary={last === undefined ? NOTHING : describeShares(last)}
        format={percent}
        least={0.01}
        lines={serverLines(ticks, ({ share }) => share)}
      />
      <Chart
        {...shared}
        title="Reports that wait, by server"
        summary={last === undefined ? NOTHING : describeBacklogs(last)}
        format={count}
        lines={serverLines(ticks, ({ backlog }) => backlog)}
      />
    </div>
  );
}

const NOTHING = 'nothing measured yet';

const LATENCIES: readonly { readonly title: string; readonly of: (tick: Tick) => Percentiles | undefined }[] =
  [
    { title: 'From publication to commit', of: ({ commit }) => commit },
    { title: "From the debt to Nova's answer", of: ({ nova }) => nova },
  ];

function inWords(percentiles: Percentiles | undefined): string {
  return percentiles === undefined
    ? 'nothing in the last seconds'
    : `half in ${duration(percentiles.p50Ms)}, 99 % in ${duration(percentiles.p99Ms)}`;
}

function describeShares({ servers }: Tick): string {
  const shares = [...servers.values()].flatMap(({ share }) => (share === null ? [] : [share]));
  if (shares.length === 0) return 'nothing is given out';
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map(percent);
  return least === most ? `${most} each` : `from ${least} to ${most}`;
}

function describeBacklogs({ servers }: Tick): string {
  const [most] = [...servers].sort(([, one], [, other]) => other.backlog - one.backlog);
  if (most === undefined || most[1].backlog === 0) return 'nothing waits';
  return `most for ${most[0]}: ${count(most[1].backlog)}`;
}

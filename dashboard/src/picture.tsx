import type { JSX } from 'preact';
import type { Overview } from '../../src/http/overview.js';
import type { Pace } from './rates.js';
import { count, rate } from './words.js';

/** Servers that are drawn one by one; more of them are small. */
const LARGE = 6;
const WIDTH = 1000;

type Listener = Overview['listeners'][number];

/** The path of a report, alive: compute nodes → topics → servers → Neutron → Nova. */
export function Picture({
  now,
  pace,
}: {
  readonly now: Overview;
  readonly pace: Pace | undefined;
}): JSX.Element {
  const { listeners, chassis, server } = now;
  const rows = listeners.length <= LARGE ? Math.max(1, listeners.length) : Math.ceil(listeners.length / 4);
  const height = Math.max(200, rows * (listeners.length <= LARGE ? 52 : 26) + 40);
  const middle = height / 2;
  const nodes = chassis.live + chassis.late + chassis.lapsed;
  const silent = chassis.late + chassis.lapsed;
  return (
    <svg class="picture" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={describe(now, pace)}>
      <Box x={10} y={middle - 45} width={150} height={90} tone={silent > 0 ? 'doubtful' : 'good'}>
        <text x={85} y={middle - 14} class="head">
          Compute nodes
        </text>
        <text x={85} y={middle + 10} class="figure">
          {count(nodes)}
        </text>
        <text x={85} y={middle + 30}>
          {silent > 0 ? `${count(silent)} silent` : 'all live'}
        </text>
      </Box>
      <Servers listeners={listeners} height={height} self={server} />
      <Box x={720} y={middle - 45} width={120} height={90} tone={now.isPaused ? 'bad' : 'good'}>
        <text x={780} y={middle - 14} class="head">
          Neutron
        </text>
        <text x={780} y={middle + 12}>
          {now.isPaused ? 'paused' : 'database'}
        </text>
      </Box>
      <Box x={900} y={middle - 45} width={90} height={90} tone="good">
        <text x={945} y={middle - 14} class="head">
          Nova
        </text>
      </Box>
      <Arrow from={160} to={248} y={middle} label={pace && rate(pace.receivedPerSecond)} />
      <Arrow from={642} to={718} y={middle} label={pace && rate(pace.writtenPerSecond)} />
      <Arrow from={840} to={898} y={middle} label={pace && rate(pace.toldPerSecond)} />
    </svg>
  );
}

/** Each server with its topic before it. */
function Servers({
  listeners,
  height,
  self,
}: {
  readonly listeners: readonly Listener[];
  readonly height: number;
  readonly self: string | undefined;
}): JSX.Element {
  const isLarge = listeners.length <= LARGE;
  const columns = isLarge ? 1 : 4;
  const step = isLarge ? 52 : 26;
  const rows = Math.ceil(listeners.length / columns);
  const width = 390 / columns;
  const top = (height - rows * step) / 2;
  const most = Math.max(1, ...listeners.map(({ backlog }) => backlog));
  return (
    <g>
      {listeners.map((one, index) => {
        const x = 250 + (index % columns) * width;
        const y = top + Math.floor(index / columns) * step;
        const share = one.backlog / most;
        return (
          <g key={one.id} class={`server ${one.state}`}>
            <title>{`${one.id}: ${one.state}, ${one.backlog} reports wait`}</title>
            <rect class="frame" x={x} y={y + 3} width={width - 8} height={step - 6} rx={5} />
            <rect class="topic" x={x} y={y + step - 9} width={(width - 8) * share} height={6} rx={2} />
            <text class="name" x={x + 8} y={y + (isLarge ? 23 : 16)}>
              {isLarge ? `${one.id}${one.id === self ? ' (this page)' : ''}` : short(one.id)}
            </text>
            {isLarge && (
              <text class="state" x={x + width - 16} y={y + 23}>
                {`${one.state}, ${count(one.backlog)} wait`}
              </text>
            )}
          </g>
        );
      })}
      {listeners.length === 0 && (
        <text class="none" x={445} y={height / 2}>
          no server is registered
        </text>
      )}
    </g>
  );
}

function short(id: string): string {
  return id.length <= 11 ? id : `…${id.slice(-10)}`;
}

function Box(props: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly tone: string;
  readonly children: JSX.Element | readonly JSX.Element[];
}): JSX.Element {
  const { x, y, width, height, tone, children } = props;
  return (
    <g class={`box ${tone}`}>
      <rect x={x} y={y} width={width} height={height} rx={8} />
      {children}
    </g>
  );
}

function Arrow({
  from,
  to,
  y,
  label,
}: {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly label: string | undefined;
}): JSX.Element {
  return (
    <g class="arrow">
      <path d={`M${from + 4} ${y} H${to - 8}`} />
      <path class="tip" d={`M${to - 10} ${y - 6} L${to} ${y} L${to - 10} ${y + 6} Z`} />
      <text x={(from + to) / 2} y={y - 10}>
        {label ?? ''}
      </text>
    </g>
  );
}

/** The picture in words, for whoever does not see it. */
function describe({ listeners, chassis, isPaused }: Overview, pace: Pace | undefined): string {
  const states = listeners.map(({ id, state, backlog }) => `${id} is ${state}, ${backlog} reports wait`);
  const rates =
    pace === undefined
      ? ''
      : ` ${rate(pace.receivedPerSecond)} received, ${rate(pace.writtenPerSecond)} written, ${rate(pace.toldPerSecond)} told to Nova.`;
  return `${chassis.live} compute nodes are live, ${chassis.late + chassis.lapsed} silent. ${listeners.length} servers: ${states.join('; ')}.${rates}${isPaused ? ' Writing is paused.' : ''}`;
}

import type { JSX } from 'preact';
import type { Overview } from '../../src/http/overview.js';
import { Arrow, Box } from './drawing.js';
import type { Pace } from './pace.js';
import { isManyServers, Servers, serversHeight } from './servers-picture.js';
import { count, rate } from './words.js';

const WIDTH = 1000;
const LEAST_HEIGHT = 200;

/** The path of a report, alive: compute nodes → topics → servers → Neutron → Nova. */
export function Picture({
  now,
  pace,
}: {
  readonly now: Overview;
  readonly pace: Pace | undefined;
}): JSX.Element {
  const { listeners, chassis, server } = now;
  const height = Math.max(LEAST_HEIGHT, serversHeight(listeners.length));
  const middle = height / 2;
  const nodes = chassis.live + chassis.late + chassis.lapsed;
  const silent = chassis.late + chassis.lapsed;
  return (
    <svg class="picture" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={describe(now, pace)}>
      <Box x={4} y={middle - 45} width={134} height={90} tone={silent > 0 ? 'doubtful' : 'good'}>
        <text x={71} y={middle - 17} class="head">
          Compute nodes
        </text>
        <text x={71} y={middle + 9} class="figure">
          {count(nodes)}
        </text>
        <text x={71} y={middle + 31}>
          {silent > 0 ? `${count(silent)} silent` : 'all live'}
        </text>
      </Box>
      <Servers listeners={listeners} height={height} self={server} pace={pace} />
      <Box x={742} y={middle - 45} width={94} height={90} tone={now.isPaused ? 'bad' : 'good'}>
        <text x={789} y={middle - 14} class="head">
          Neutron
        </text>
        <text x={789} y={middle + 12}>
          {now.isPaused ? 'paused' : 'database'}
        </text>
      </Box>
      <Box x={916} y={middle - 45} width={80} height={90} tone="good">
        <text x={956} y={middle + 5} class="head">
          Nova
        </text>
      </Box>
      <Arrow from={140} to={216} y={middle} label={pace && rate(pace.arrived)} />
      <Arrow from={662} to={740} y={middle} label={pace && rate(pace.all.written)} />
      <Arrow from={838} to={914} y={middle} label={pace && rate(pace.all.told)} />
    </svg>
  );
}

/** The picture in words, for whoever does not see it. */
function describe({ listeners, chassis, isPaused }: Overview, pace: Pace | undefined): string {
  const nodes = `${chassis.live} compute nodes are live, ${chassis.late + chassis.lapsed} silent.`;
  return [nodes, describeServers(listeners), ...describePace(pace), isPaused ? 'Writing is paused.' : '']
    .join(' ')
    .trimEnd();
}

/** Of many servers those alone that are not well, or have something waiting. */
function describeServers(listeners: Overview['listeners']): string {
  const named = isManyServers(listeners.length)
    ? listeners.filter(({ state, backlog }) => state !== 'live' || backlog > 0)
    : listeners;
  const states = named.map(({ id, state, backlog }) => `${id} is ${state}, ${backlog} reports wait`);
  const others = listeners.length - named.length;
  const rest =
    others === 0 ? [] : [`${others} ${named.length === 0 ? '' : 'others '}are live, nothing waits`];
  return `${listeners.length} servers: ${[...states, ...rest].join('; ')}.`;
}

function describePace(pace: Pace | undefined): readonly string[] {
  if (pace === undefined) return [];
  const { arrived, all } = pace;
  return [
    `${rate(arrived)} arrive in topics, ${rate(all.received)} are given to servers, ${rate(all.written)} are written, ${rate(all.told)} told to Nova.`,
  ];
}

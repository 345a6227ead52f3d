import type { JSX } from 'preact';
import type { Overview } from '../../src/http/overview.js';
import { Arrow } from './drawing.js';
import type { Pace } from './pace.js';
import { count, rate } from './words.js';

type Listener = Overview['listeners'][number];

/** Servers that are drawn one by one, each behind its topic; more of them are small. */
const MOST_LARGE = 6;
const LARGE_STEP = 50;
const SMALL_STEP = 26;
const COLUMNS = 4;
/** For what stands above the servers. */
const HEAD = 34;
const [LEFT, RIGHT] = [218, 660];

export function isManyServers(servers: number): boolean {
  return servers > MOST_LARGE;
}

/** What the servers need of the picture. */
export function serversHeight(servers: number): number {
  return HEAD + rowsOf(servers) * stepOf(servers) + 6;
}

function rowsOf(servers: number): number {
  return isManyServers(servers) ? Math.ceil(servers / COLUMNS) : Math.max(1, servers);
}

function stepOf(servers: number): number {
  return isManyServers(servers) ? SMALL_STEP : LARGE_STEP;
}

export interface ServersProps {
  readonly listeners: readonly Listener[];
  readonly height: number;
  /** The server that serves this page. */
  readonly self: string | undefined;
  readonly pace: Pace | undefined;
}

/** Each server with its topic: side by side where there are few, else the topic as a bar below the name. */
export function Servers({ listeners, height, self, pace }: ServersProps): JSX.Element {
  const isMany = isManyServers(listeners.length);
  const step = stepOf(listeners.length);
  const top = HEAD + (height - serversHeight(listeners.length)) / 2;
  const most = Math.max(1, ...listeners.map(({ backlog }) => backlog));
  return (
    <g>
      {isMany ? <HeadOfMany pace={pace} y={top - 12} /> : <HeadOfFew y={top - 12} />}
      {listeners.map((one, index) =>
        isMany ? (
          <Small
            key={one.id}
            one={one}
            x={LEFT + (index % COLUMNS) * ((RIGHT - LEFT) / COLUMNS)}
            y={top + Math.floor(index / COLUMNS) * step}
            fill={one.backlog / most}
          />
        ) : (
          <Large
            key={one.id}
            one={one}
            y={top + index * step}
            fill={one.backlog / most}
            isSelf={one.id === self}
            given={pace?.byServer.get(one.id)?.received}
          />
        ),
      )}
      {listeners.length === 0 && (
        <text x={(LEFT + RIGHT) / 2} y={height / 2}>
          no server is registered
        </text>
      )}
    </g>
  );
}

const [TOPIC_WIDTH, SERVER_LEFT] = [116, 412];

function HeadOfFew({ y }: { readonly y: number }): JSX.Element {
  return (
    <>
      <text x={LEFT + TOPIC_WIDTH / 2} y={y} class="head">
        Topics
      </text>
      <text x={(SERVER_LEFT + RIGHT) / 2} y={y} class="head">
        Servers
      </text>
    </>
  );
}

function HeadOfMany({ pace, y }: { readonly pace: Pace | undefined; readonly y: number }): JSX.Element {
  return (
    <text x={(LEFT + RIGHT) / 2} y={y}>
      <tspan class="head">Topics → servers</tspan>
      {pace === undefined ? '' : `  ${rate(pace.all.received)}`}
    </text>
  );
}

function Large(props: {
  readonly one: Listener;
  readonly y: number;
  /** How full the topic is, beside the fullest. */
  readonly fill: number;
  readonly isSelf: boolean;
  /** Reports a second; absent where it does not say. */
  readonly given: number | undefined;
}): JSX.Element {
  const { one, y, fill, isSelf, given } = props;
  const { id, state, backlog } = one;
  const [inner, middle] = [LARGE_STEP - 12, y + LARGE_STEP / 2];
  return (
    <g class={`server ${state}`}>
      <title>{describe(one)}</title>
      <rect x={LEFT} y={y + 6} width={TOPIC_WIDTH} height={inner} rx={5} />
      <rect class="topic" x={LEFT} y={y + 6} width={TOPIC_WIDTH * fill} height={inner} rx={5} />
      <text x={LEFT + TOPIC_WIDTH / 2} y={middle + 5}>
        {`${count(backlog)} wait`}
      </text>
      <Arrow
        from={LEFT + TOPIC_WIDTH + 2}
        to={SERVER_LEFT - 2}
        y={middle + 6}
        label={given === undefined ? '' : rate(given)}
      />
      <rect class="frame" x={SERVER_LEFT} y={y + 6} width={RIGHT - SERVER_LEFT} height={inner} rx={5} />
      <text class="name" x={SERVER_LEFT + 10} y={middle + 5}>
        {short(id, isSelf ? 13 : 22)}
        {isSelf && <tspan class="self"> (this page)</tspan>}
      </text>
      <text class="state" x={RIGHT - 10} y={middle + 5}>
        {state}
      </text>
    </g>
  );
}

function Small(props: {
  readonly one: Listener;
  readonly x: number;
  readonly y: number;
  readonly fill: number;
}): JSX.Element {
  const { one, x, y, fill } = props;
  const width = (RIGHT - LEFT) / COLUMNS - 6;
  return (
    <g class={`server ${one.state}`}>
      <title>{describe(one)}</title>
      <rect class="frame" x={x} y={y + 3} width={width} height={SMALL_STEP - 6} rx={4} />
      <rect class="topic" x={x} y={y + SMALL_STEP - 7} width={width * fill} height={4} rx={2} />
      <text class="name small" x={x + 7} y={y + 15}>
        {short(one.id, 11)}
      </text>
    </g>
  );
}

function describe({ id, state, backlog }: Listener): string {
  return `${id}: ${state}, ${backlog} reports wait`;
}

function short(id: string, most: number): string {
  return id.length <= most ? id : `…${id.slice(1 - most)}`;
}

import type { Random } from '../../src/runtime/random.js';
import type { Fault as CloudFault } from '../../src/simulator/cloud/trouble.js';
import type { Disk } from './engine.js';
import type { Network } from './network.js';
import { CHASSIS, SERVERS } from './place.js';
import type { Place } from './place.js';

/** What a fault may use: the place, chance, and time that passes. */
export interface Scene {
  readonly place: Place;
  readonly random: Random;
  readonly pass: (ms: number) => Promise<void>;
}

/** A fault: says what it will do, then does it, and resolves when it is over. */
export type Fault = (scene: Scene) => { readonly what: string; readonly happen: () => Promise<void> };

/** What can happen there. Faults of one lane come one after the other, those of different lanes at the same time. */
export function lanesOf({ engine, network }: Place): readonly (readonly Fault[])[] {
  const onLinks = network === undefined ? [] : [takeLinkDown(network)];
  const onDisk = engine.disk === undefined ? [] : [fillDisk(engine.disk)];
  return [
    [killOne, pauseOne, setClock, ...onLinks],
    [crashEngine, freezeEngine, resetAll, halveAll, swallowAll, partitionOne, delayAll, ...onDisk],
    [restartMariadb, killConnections, resetSql, swallowSql],
    [troubleNova, troubleKeystone, restartSwitchDatabase, freezeSwitchDatabase],
  ];
}

/** The listeners' ttl, which pauses and cuts are meant to pass: its default. */
const TTL_MS = 3000;

function between(random: Random, least: number, most: number): number {
  return Math.round(least + random.next() * (most - least));
}

function oneOf<T>(random: Random, all: readonly T[]): T {
  const found = all[Math.floor(random.next() * all.length)];
  if (found === undefined) throw new Error('nothing to draw from');
  return found;
}

function anyone(random: Random): string {
  return oneOf<string>(random, [...SERVERS, ...CHASSIS]);
}

function killOne({ place, random, pass }: Scene): ReturnType<Fault> {
  const [name, downMs] = [anyone(random), between(random, 0, 2 * TTL_MS)];
  return {
    what: `${name} is killed, and starts again after ${downMs} ms`,
    happen: async () => {
      await place.crew.kill(name);
      await pass(downMs);
      place.crew.start(name);
    },
  };
}

function pauseOne({ place, random, pass }: Scene): ReturnType<Fault> {
  const [name, ms] = [anyone(random), between(random, 500, 3 * TTL_MS)];
  return {
    what: `${name} stands still for ${ms} ms`,
    happen: async () => {
      place.crew.signal(name, 'SIGSTOP');
      await pass(ms);
      place.crew.signal(name, 'SIGCONT');
    },
  };
}

function setClock({ place, random, pass }: Scene): ReturnType<Fault> {
  const [name, seconds, ms] = [anyone(random), between(random, -300, 300), between(random, 2000, 8000)];
  return {
    what: `the clock of ${name} is set by ${seconds} s, and back after ${ms} ms`,
    happen: async () => {
      place.crew.setClock(name, seconds);
      await pass(ms);
      place.crew.setClock(name, 0);
    },
  };
}

function takeLinkDown({ links }: Network): Fault {
  return ({ random, pass }) => {
    const [[name, link], ms] = [oneOf(random, [...links]), between(random, 500, 3 * TTL_MS)];
    return {
      what: `the link to ${name}'s host is down for ${ms} ms`,
      happen: async () => {
        link.down();
        await pass(ms);
        link.up();
      },
    };
  };
}

function crashEngine({ place }: Scene): ReturnType<Fault> {
  return { what: 'the northbound database crashes and starts again', happen: () => place.engine.restart() };
}

function freezeEngine({ place, random, pass }: Scene): ReturnType<Fault> {
  const ms = between(random, 500, 2 * TTL_MS);
  return {
    what: `the northbound database stands still for ${ms} ms`,
    happen: async () => {
      place.engine.signal('SIGSTOP');
      await pass(ms);
      place.engine.signal('SIGCONT');
    },
  };
}

function resetAll({ place }: Scene): ReturnType<Fault> {
  return {
    what: 'all connections to the northbound database are reset',
    happen: async () => {
      for (const proxy of place.engine.proxies.values()) proxy.reset();
    },
  };
}

function halveAll({ place }: Scene): ReturnType<Fault> {
  return {
    what: 'all connections to the northbound database are half-open',
    happen: async () => {
      for (const proxy of place.engine.proxies.values()) proxy.halfOpen();
    },
  };
}

function swallowAll({ place, random, pass }: Scene): ReturnType<Fault> {
  const ms = between(random, 500, 3 * TTL_MS);
  return {
    what: `a firewall swallows all that goes to the northbound database for ${ms} ms`,
    happen: () => swallow([...place.engine.proxies.values()], () => pass(ms)),
  };
}

function partitionOne({ place, random, pass }: Scene): ReturnType<Fault> {
  const [name, ms] = [anyone(random), between(random, 500, 3 * TTL_MS)];
  const proxy = place.engine.proxies.get(name);
  return {
    what: `${name} alone is cut off from the northbound database for ${ms} ms`,
    happen: () => swallow(proxy === undefined ? [] : [proxy], () => pass(ms)),
  };
}

function delayAll({ place, random, pass }: Scene): ReturnType<Fault> {
  const [delayMs, ms] = [between(random, 20, 300), between(random, 1000, 6000)];
  return {
    what: `the way to the northbound database takes ${delayMs} ms longer for ${ms} ms`,
    happen: async () => {
      for (const proxy of place.engine.proxies.values()) proxy.delayMs = delayMs;
      await pass(ms);
      for (const proxy of place.engine.proxies.values()) proxy.delayMs = 0;
    },
  };
}

function fillDisk(disk: Disk): Fault {
  return ({ place, random, pass }) => {
    const ms = between(random, 500, 2 * TTL_MS);
    return {
      what: `the disk of the northbound database is full for ${ms} ms`,
      happen: async () => {
        disk.fill();
        await pass(ms);
        disk.empty();
        await place.engine.revive();
      },
    };
  };
}

type Proxies = readonly { passage: 'open' | 'black-hole' | 'shut'; reset(): void }[];

/** What was swallowed is missing from the stream, so no connection may outlive it. */
async function swallow(proxies: Proxies, meanwhile: () => Promise<void>): Promise<void> {
  for (const proxy of proxies) proxy.passage = 'black-hole';
  await meanwhile();
  for (const proxy of proxies) {
    proxy.passage = 'open';
    proxy.reset();
  }
}

function restartMariadb({ place, random, pass }: Scene): ReturnType<Fault> {
  const ms = between(random, 0, TTL_MS);
  return {
    what: `MariaDB ends, and starts again after ${ms} ms`,
    happen: async () => {
      await place.mariadb.stop();
      await pass(ms);
      await place.mariadb.start();
    },
  };
}

function killConnections({ place }: Scene): ReturnType<Fault> {
  return {
    what: 'MariaDB ends all connections of the servers, whatever they are doing',
    happen: async () => {
      await place.rows.run("kill hard user 'ps'").catch(() => undefined);
    },
  };
}

function resetSql({ place, random, pass }: Scene): ReturnType<Fault> {
  const times = between(random, 1, 20);
  return {
    what: `all connections to MariaDB are reset, ${times} times within a second or so`,
    happen: async () => {
      for (let time = 0; time < times; time++) {
        place.sqlProxy.reset();
        await pass(between(random, 5, 60));
      }
    },
  };
}

function swallowSql({ place, random, pass }: Scene): ReturnType<Fault> {
  const ms = between(random, 500, 2 * TTL_MS);
  return {
    what: `a firewall swallows all that goes to MariaDB for ${ms} ms`,
    happen: () => swallow([place.sqlProxy], () => pass(ms)),
  };
}

const CLOUD_FAULTS: readonly CloudFault[] = [
  { kind: 'status', status: 503 },
  { kind: 'garbage' },
  { kind: 'silence' },
  { kind: 'slow', byMs: 900 },
  { kind: 'cut', when: 'before' },
  { kind: 'cut', when: 'after' },
];

/** Nova refuses a token. A Keystone that refuses the user ends a server that starts just then, as it has to. */
const NOVA_FAULTS: readonly CloudFault[] = [...CLOUD_FAULTS, { kind: 'status', status: 401 }];

function troubleNova(scene: Scene): ReturnType<Fault> {
  return troubleService('Nova', scene);
}

function troubleKeystone(scene: Scene): ReturnType<Fault> {
  return troubleService('Keystone', scene);
}

function troubleService(name: 'Nova' | 'Keystone', { place, random, pass }: Scene): ReturnType<Fault> {
  const faults = name === 'Nova' ? NOVA_FAULTS : CLOUD_FAULTS;
  const [fault, ms] = [oneOf(random, faults), between(random, 500, 6000)];
  const { trouble } = name === 'Nova' ? place.cloud.nova : place.cloud.keystone;
  return {
    what: `${name} has trouble (${Object.values(fault).join(' ')}) for ${ms} ms`,
    happen: async () => {
      trouble.start(fault);
      await pass(ms);
      trouble.stop();
    },
  };
}

function restartSwitchDatabase({ place, random, pass }: Scene): ReturnType<Fault> {
  const [chassis, ms] = [oneOf(random, CHASSIS), between(random, 0, 4000)];
  const ovs = place.switches.get(chassis);
  return {
    what: `the database of ${chassis}'s switch ends, and starts again after ${ms} ms`,
    happen: async () => {
      await ovs?.stopDatabase();
      await pass(ms);
      await ovs?.startDatabase();
    },
  };
}

function freezeSwitchDatabase({ place, random, pass }: Scene): ReturnType<Fault> {
  const [chassis, ms] = [oneOf(random, CHASSIS), between(random, 500, 6000)];
  const ovs = place.switches.get(chassis);
  return {
    what: `the database of ${chassis}'s switch stands still for ${ms} ms`,
    happen: async () => {
      ovs?.freezeDatabase(true);
      await pass(ms);
      ovs?.freezeDatabase(false);
    },
  };
}

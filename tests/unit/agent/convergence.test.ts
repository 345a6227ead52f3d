import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SwitchPort } from '../../../src/agent/port-source.js';
import type { ReportedStatus } from '../../../src/domain/report.js';
import { AgentBench, portId } from './agent-bench.js';
import type { Publish } from './agent-bench.js';
import { ModelLedger } from './model-ledger.js';

const PORTS = 6;
/** A guard that holds two ports of six, so that holds come about too. */
const GUARD = { maxDown: 1, maxDownPercent: 20, holdMs: 3000 };

type Step =
  | { readonly kind: 'plug'; readonly port: number; readonly status: ReportedStatus }
  | { readonly kind: 'unplug'; readonly port: number }
  | { readonly kind: 'cut'; readonly loss: 'requests' | 'answers' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'skew'; readonly ms: number }
  | {
      readonly kind:
        | 'lose-switch'
        | 'reconnect'
        | 'dump'
        | 'restore'
        | 'crash'
        | 'lose-data'
        | 'checkpoint'
        | 'roll-back'
        | 'serve'
        | 'approve'
        | 'reboot'
        | 'confirm';
    };

const anyPort = fc.nat({ max: PORTS - 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('plug' as const),
      port: anyPort,
      status: fc.constantFrom('ACTIVE' as const, 'ACTIVE' as const, 'DOWN' as const, 'ERROR' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('unplug' as const), port: anyPort }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      loss: fc.constantFrom('requests' as const, 'answers' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 4000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('skew' as const), ms: fc.integer({ min: -1e8, max: 1e4 }) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'lose-switch' as const,
        'reconnect' as const,
        'dump' as const,
        'restore' as const,
        'crash' as const,
        'lose-data' as const,
        'checkpoint' as const,
        'roll-back' as const,
        'serve' as const,
        'approve' as const,
        'reboot' as const,
        'confirm' as const,
      ),
    }),
  },
);

it('brings database and servers to what the switch says after any faults, with revisions that rise', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
      const bench = new AgentBench();
      bench.publishMs = 5;
      await bench.start({ guard: GUARD, batch: 4 });
      const ledger = new ModelLedger(bench);
      for (const step of steps) await take(step, bench, ledger);
      await endFaults(bench, ledger);
      const states = statesOf(bench.switch.ports);
      expect(statesOf([...bench.stored().values()])).toEqual(states);
      expect(statesOf(rowsOf(ledger))).toEqual(states);
      expect(bench.agent?.health()).toEqual({
        switch: 'up',
        northbound: 'up',
        unpublished: 0,
        held: 0,
        complete: true,
        lostReason: undefined,
        unconfirmed: 0,
      });
      expectRisingRevisions(bench.publishes);
      await bench.stop();
    }),
    { numRuns: 300 },
  );
}, 60_000);

async function take(step: Step, bench: AgentBench, ledger: ModelLedger): Promise<void> {
  switch (step.kind) {
    case 'plug':
      bench.switch.plug(plugged(step.port, step.status, bench));
      return;
    case 'unplug':
      bench.switch.unplug(portId(step.port));
      return;
    case 'cut':
      bench.northbound.cut(step.loss);
      return;
    case 'pass':
      await bench.pass(step.ms);
      return;
    case 'skew':
      bench.clock.step(step.ms);
      return;
    case 'lose-switch':
      bench.switch.lose();
      return;
    case 'reconnect':
      bench.switch.reconnect();
      return;
    case 'dump':
      bench.switch.refresh();
      return;
    case 'restore':
      bench.northbound.restore();
      return;
    case 'crash':
      await bench.stop();
      await bench.start({ guard: GUARD, batch: 4 });
      return;
    case 'lose-data':
      bench.database.loseEverything();
      ledger.noteIncarnation();
      return;
    case 'checkpoint':
      bench.database.checkpoint();
      return;
    case 'roll-back':
      bench.database.rollBack();
      ledger.noteIncarnation();
      return;
    case 'serve':
      await ledger.serve();
      return;
    case 'approve':
      await bench.approve();
      return;
    case 'reboot':
      bench.switch.reboot();
      return;
    case 'confirm':
      bench.switch.confirm();
  }
}

/** Each plugging of a port has an attachment of its own; a port that stays plugged keeps it with equal chance. */
function plugged(port: number, status: ReportedStatus, bench: AgentBench): SwitchPort {
  const before = bench.switch.find(portId(port))?.attachment;
  const isReplug = bench.clock.now() % 2 === 0;
  const attachment = before === undefined || isReplug ? `plug-${port}-${bench.clock.monotonicMs()}` : before;
  return { portId: portId(port), status, attachment };
}

async function endFaults(bench: AgentBench, ledger: ModelLedger): Promise<void> {
  bench.northbound.restore();
  bench.switch.reconnect();
  bench.switch.confirm();
  await bench.pass(20_000);
  await ledger.serve();
  await ledger.reconcile();
}

/** What is not DOWN, with its plugging: DOWN and no record are the same. */
function statesOf(ports: readonly SwitchPort[]): ReadonlyMap<string, string> {
  return new Map(
    ports
      .filter(({ status }) => status !== 'DOWN')
      .map((port) => [port.portId, `${port.status} ${port.attachment}`] as const)
      .sort(),
  );
}

function rowsOf({ rows }: ModelLedger): readonly SwitchPort[] {
  return [...rows].map(([portId, { status, attachment }]) => ({ portId, status, attachment }));
}

/** All that one agent gave, and all that one incarnation stored. */
function expectRisingRevisions(publishes: readonly Publish[]): void {
  for (const agent of new Set(publishes.map((call) => call.agent)))
    expectRising(publishes.filter((call) => call.agent === agent));
  for (const incarnation of new Set(publishes.map((call) => call.incarnation)))
    expectRising(publishes.filter((call) => call.incarnation === incarnation && call.isStored));
}

function expectRising(publishes: readonly Publish[]): void {
  const revisions = publishes.flatMap(({ reports }) => reports.map(({ revision }) => revision));
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
}

import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { Observation, Outbasket } from './outbasket.js';
import type { SwitchDump, SwitchPort, SwitchUpdate } from './port-source.js';
import { holdAfterDump, narrow } from './resync-guard.js';
import type { GuardPolicy, Hold } from './resync-guard.js';
import { Silence } from './silence.js';

/**
 * Why every port is to be published: a start, data that may have lost writes, or another who published in this chassis'
 * name.
 */
export type RetellCause = 'start' | 'incarnation' | 'registered-again';

/** Why the switch was compared with what was said. */
export type ResyncCause = RetellCause | 'reconnect' | 'refresh';

/** What is stored of a port, and whether it is stored as it would be said now. */
export interface Recollection extends Observation {
  readonly stands: boolean;
}

/** What a comparison found. */
export interface Resync {
  readonly cause: ResyncCause;
  /** Logical ports that the dump names. */
  readonly ports: number;
  /** Ports that this dump turns DOWN, those that are held included. */
  readonly falling: number;
}

/** The guard's hold, and the one before it. */
export interface HoldChange {
  readonly hold: Hold | undefined;
  readonly before: Hold | undefined;
}

export interface WitnessParts {
  readonly basket: Outbasket;
  readonly clock: Clock;
  readonly random: Random;
  readonly guard: GuardPolicy;
  /** Called whenever the hold begins, shrinks or ends. */
  readonly announceHold: (change: HoldChange) => void;
}

/**
 * Turns what the switch says into what is to be published.
 *
 * - A live change is evidence: it goes into the outbasket at once, and ends the hold of its port.
 * - A dump is compared with what is known: what is missing is DOWN. Too many DOWN at once are held (resync-guard.ts).
 * - Silence is no evidence: while the switch is lost, or a dump is due, nothing is to be said; and never of a port that a
 *   dump leaves open (silence.ts), which also keeps the chassis from being complete.
 * - Until it is known what the northbound database has, dumps are ignored: one that is taken afterwards says all.
 */
export class Witness {
  readonly #parts: WitnessParts;
  readonly #silence = new Silence();
  #lostReason: string | undefined = 'not connected yet';
  #isListed = false;
  /** Why a dump is due; absent where none is. */
  #due: ResyncCause | undefined = 'start';
  #hold: Hold | undefined;

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  get switch(): 'up' | 'lost' {
    return this.#lostReason === undefined ? 'up' : 'lost';
  }

  /** Why the switch says nothing; absent while it does. */
  get lostReason(): string | undefined {
    return this.#lostReason;
  }

  /** Ports that are recorded on the switch and not confirmed by it. */
  get unconfirmed(): number {
    return this.#silence.unconfirmed;
  }

  get hold(): Hold | undefined {
    return this.#hold;
  }

  /** Whether what is in the outbasket may be published. */
  get maySpeak(): boolean {
    return this.#due === undefined;
  }

  /**
   * Whether every port was published since `expectAll` or stands, nothing is held and nothing is left unsaid: what has no
   * record is not there.
   */
  isComplete(): boolean {
    const isSettled = this.maySpeak && this.#hold === undefined && this.#silence.isOver;
    return isSettled && this.#parts.basket.isRoundStored();
  }

  /**
   * Takes over what is stored; at the next dump, which must be taken after this, every port is to be published but those
   * of which that says what stands.
   */
  expectAll(cause: RetellCause, stored: readonly Recollection[]): void {
    for (const port of stored) this.#parts.basket.recall(port, port.stands);
    this.#isListed = true;
    this.#due = cause;
  }

  /** @returns what was found, where the update made for a comparison. */
  apply(update: SwitchUpdate): Resync | undefined {
    switch (update.kind) {
      case 'lost':
        this.#lose(update.reason);
        return undefined;
      case 'change':
        this.#change(update.ports.map((port) => this.#observe(port)));
        return undefined;
      case 'dump':
        return this.#look(update);
    }
  }

  /** Lets go what an operator approved. False: nothing of that id is held. */
  approve(id: string): boolean {
    if (this.#hold?.id !== id) return false;
    for (const portId of this.#hold.ports) this.#parts.basket.demand(portId);
    this.#setHold(undefined);
    return true;
  }

  /**
   * Has these stored reports said again, as the ports are now: a server joined that does not read them. Not said is what
   * is held back or left open by the switch.
   */
  sayAgain(stored: readonly Observation[]): void {
    const { basket } = this.#parts;
    for (const port of stored) {
      const isHushed = this.#silence.covers(port.portId) || this.#hold?.ports.has(port.portId) === true;
      if (isHushed) continue;
      if (port.status === 'DOWN') basket.recall({ ...port, isGone: true }, false);
      basket.demand(port.portId);
    }
  }

  #lose(reason: string): void {
    this.#lostReason = reason;
    this.#due ??= 'reconnect';
  }

  #look(dump: SwitchDump): Resync | undefined {
    this.#lostReason = undefined;
    this.#silence.begin(dump);
    return this.#isListed ? this.#compare(dump.ports.map((port) => this.#observe(port))) : undefined;
  }

  #change(ports: readonly Observation[]): void {
    const { basket } = this.#parts;
    const changed = new Set(ports.map(({ portId }) => portId));
    for (const portId of this.#heldAmong(changed)) basket.demand(portId);
    for (const port of ports) basket.observe(port);
    for (const portId of changed) this.#silence.end(portId);
    this.#release(changed);
  }

  #compare(dump: readonly Observation[]): Resync {
    const cause = this.#due ?? 'refresh';
    this.#due = undefined;
    const ports = [...dump, ...this.#goneFrom(dump)];
    const falling = ports.filter((port) => this.#isFalling(port)).map(({ portId }) => portId);
    const hold = this.#holdAfter(dump, falling);
    this.#demandAgain(cause);
    this.#record(ports, hold);
    for (const portId of this.#silent()) this.#parts.basket.hush(portId);
    this.#setHold(hold);
    return { cause, ports: dump.length, falling: falling.length };
  }

  #goneFrom(dump: readonly Observation[]): readonly Observation[] {
    const there = new Set(dump.map(({ portId }) => portId));
    return this.#parts.basket.ports
      .filter(({ portId }) => !there.has(portId) && !this.#silence.covers(portId))
      .map(({ portId, attachment, instance }) =>
        this.#observe({ portId, status: 'DOWN', attachment, instance, isGone: true, seen: GONE }),
      );
  }

  /** The ports that are remembered and of which the dump says nothing. */
  #silent(): readonly string[] {
    const known = this.#parts.basket.ports.map(({ portId }) => portId);
    return known.filter((portId) => this.#silence.covers(portId));
  }

  #isFalling({ portId, status }: Observation): boolean {
    if (status !== 'DOWN') return false;
    const before = this.#parts.basket.find(portId);
    return this.#hold?.ports.has(portId) === true || (before !== undefined && before.status !== 'DOWN');
  }

  #holdAfter(dump: readonly Observation[], falling: readonly string[]): Hold | undefined {
    const { clock, guard } = this.#parts;
    const known = new Set([...dump.map(({ portId }) => portId), ...falling]).size;
    const fall = { falling, silent: this.#silent(), known, nowMs: clock.monotonicMs() };
    return holdAfterDump(fall, this.#hold, guard, (ports) => this.#beginHold(ports));
  }

  #beginHold(ports: readonly string[]): Hold {
    const { clock, random } = this.#parts;
    return {
      id: random.id(),
      ports: new Set(ports),
      sinceMs: clock.now(),
      beganMs: clock.monotonicMs(),
    };
  }

  /** What was held was never said in this state: it is said when it is let go, whatever was said last. */
  #demandAgain(cause: ResyncCause): void {
    const { basket } = this.#parts;
    if (cause !== 'reconnect' && cause !== 'refresh') basket.demandAll();
    for (const portId of this.#hold?.ports ?? []) basket.demand(portId);
  }

  #record(ports: readonly Observation[], hold: Hold | undefined): void {
    const { basket } = this.#parts;
    for (const port of ports) {
      if (hold?.ports.has(port.portId) === true) basket.withhold(port);
      else basket.observe(port);
    }
  }

  #heldAmong(portIds: ReadonlySet<string>): readonly string[] {
    return [...(this.#hold?.ports ?? [])].filter((portId) => portIds.has(portId));
  }

  #release(portIds: ReadonlySet<string>): void {
    if (this.#hold === undefined || this.#heldAmong(portIds).length === 0) return;
    const left = [...this.#hold.ports].filter((portId) => !portIds.has(portId));
    this.#setHold(narrow(this.#hold, left));
  }

  #setHold(hold: Hold | undefined): void {
    const before = this.#hold;
    if (hold === before) return;
    this.#hold = hold;
    this.#parts.announceHold({ hold, before });
  }

  #observe(port: SwitchPort): Observation {
    return { ...port, observedAt: this.#parts.clock.now() };
  }
}

const GONE = { detail: 'the switch has no interface of this port' };

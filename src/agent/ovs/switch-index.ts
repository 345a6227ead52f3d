import type { SwitchPort } from '../port-source.js';
import { isConfirmed } from './confirmation.js';
import type { Failures } from './failures.js';
import type { RowChange, SwitchImage } from './image.js';
import { choosePort, describeGone, describePort, isFailing, isNews, ownerOf } from './ports.js';
import type { PortRules, RowPort } from './ports.js';
import type { BridgeRow, InterfaceRow, PortRow } from './rows.js';

interface InterfaceOnBridge {
  readonly iface: InterfaceRow;
  readonly port: PortRow;
}

/**
 * Knows every logical port of one bridge, and what an update of some rows means to them.
 *
 * An update costs what it touches: the interfaces whose row, port or bridge changed, and the logical ports that these
 * belonged to before or belong to now.
 */
export class SwitchIndex {
  readonly #rules: PortRules;
  readonly #failures: Failures;
  readonly #onForeign: () => void;
  #image: SwitchImage = { Bridge: new Map(), Port: new Map(), Interface: new Map() };
  /** The Port rows that name an Interface row: one, unless somebody made a mistake. */
  readonly #portRowsOf = new Map<string, Set<string>>();
  /** What each Interface row of the bridge says of its logical port. */
  readonly #rows = new Map<string, RowPort>();
  /** The Interface rows of a logical port: mostly one. */
  readonly #rowsOf = new Map<string, Set<string>>();
  /** Interface rows of the bridge that were left alone, with their `iface-id`: each is counted once. */
  readonly #foreign = new Map<string, string>();
  readonly #ports = new Map<string, SwitchPort>();
  #datapathId: string | undefined;
  readonly #unconfirmed = new Map<string, RowPort>();

  /** @param onForeign called when an interface of the bridge is found whose `iface-id` is no UUID. */
  constructor(rules: PortRules, failures: Failures, onForeign: () => void) {
    this.#rules = rules;
    this.#failures = failures;
    this.#onForeign = onForeign;
  }

  /** The logical ports of the bridge that something is known of now, by their id. */
  get ports(): ReadonlyMap<string, SwitchPort> {
    return this.#ports;
  }

  /** The logical ports of the bridge that the switch has not confirmed (confirmation.ts). */
  get unconfirmed(): readonly string[] {
    return [...this.#unconfirmed.keys()];
  }

  /** The bridge's row, where there is one: a bridge that is made anew gets a new one. */
  get bridgeRow(): string | undefined {
    return this.#findBridge()?.[0];
  }

  /** Begins anew with an image; the image may be changed in place later, followed by `update`. */
  rebuild(image: SwitchImage): void {
    this.#image = image;
    this.#portRowsOf.clear();
    this.#rows.clear();
    this.#rowsOf.clear();
    this.#ports.clear();
    this.#unconfirmed.clear();
    this.#failures.retain(image.Interface);
    for (const row of this.#foreign.keys()) if (!image.Interface.has(row)) this.#foreign.delete(row);
    for (const [portRow, { interfaces }] of image.Port) {
      for (const row of interfaces) setOf(this.#portRowsOf, row).add(portRow);
    }
    this.#refresh(image.Interface.keys());
  }

  /** Takes in changes of the image's rows. Returns the logical ports of which something new is to be said, each once. */
  update(changes: readonly RowChange[]): readonly SwitchPort[] {
    for (const change of changes) if (change.table === 'Port') this.#followInterfaces(change);
    return this.#refresh(new Set(changes.flatMap((change) => this.#interfacesOf(change))));
  }

  /** Counts as lasting what has failed for too long by now. Returns the logical ports that became ERROR so. */
  failDue(): readonly SwitchPort[] {
    return this.#refresh(this.#failures.takeDue());
  }

  #followInterfaces({ uuid, refs }: RowChange): void {
    const interfaces = this.#image.Port.get(uuid)?.interfaces;
    for (const row of refs) {
      const portRows = setOf(this.#portRowsOf, row);
      if (interfaces?.has(row) === true) portRows.add(uuid);
      else portRows.delete(uuid);
      if (portRows.size === 0) this.#portRowsOf.delete(row);
    }
  }

  /** The Interface rows whose meaning a change may have changed. */
  #interfacesOf({ table, uuid, refs }: RowChange): readonly string[] {
    const interfacesOfPort = (portRow: string): string[] => [
      ...(this.#image.Port.get(portRow)?.interfaces ?? []),
    ];
    switch (table) {
      case 'Interface':
        return [uuid];
      case 'Port':
        return [...refs, ...interfacesOfPort(uuid)];
      case 'Bridge':
        // A port that is gone altogether has a change of its own, which names its interfaces.
        return refs.flatMap(interfacesOfPort);
    }
  }

  #refresh(rows: Iterable<string>): readonly SwitchPort[] {
    const bridge = this.#findBridge()?.[1];
    const touched = new Set<string>();
    for (const row of this.#withUnsettled(rows, bridge)) this.#refreshRow(row, bridge, touched);
    return [...touched].flatMap((portId) => this.#refreshPort(portId) ?? []);
  }

  /** Adds every row where the switch has confirmed the bridge, or no longer does: that concerns them all. */
  #withUnsettled(rows: Iterable<string>, bridge: BridgeRow | undefined): Iterable<string> {
    const isSettled = bridge?.datapath_id === this.#datapathId;
    this.#datapathId = bridge?.datapath_id;
    return isSettled ? rows : new Set([...rows, ...this.#image.Interface.keys()]);
  }

  #refreshRow(row: string, bridge: BridgeRow | undefined, touched: Set<string>): void {
    const before = this.#rows.get(row);
    const after = this.#describeRow(row, bridge);
    if (before !== undefined) {
      touched.add(before.portId);
      this.#rowsOf.get(before.portId)?.delete(row);
    }
    if (after === undefined) this.#rows.delete(row);
    else {
      touched.add(after.portId);
      this.#rows.set(row, after);
      setOf(this.#rowsOf, after.portId).add(row);
    }
  }

  #describeRow(row: string, bridge: BridgeRow | undefined): RowPort | undefined {
    const found = this.#findOnBridge(row, bridge?.ports);
    const owner = found === undefined ? undefined : ownerOf(found.iface);
    this.#noteForeign(row, owner?.kind === 'foreign' ? owner.ifaceId : undefined);
    if (found === undefined || bridge === undefined || owner?.kind !== 'port') {
      this.#failures.forget(row);
      return undefined;
    }
    return this.#describeFound(owner.portId, row, found, isConfirmed(found.iface, bridge));
  }

  #describeFound(portId: string, row: string, { iface, port }: InterfaceOnBridge, isSure: boolean): RowPort {
    const isLasting = isSure && this.#failures.note(row, isFailing(iface));
    const described = describePort(portId, row, iface, port, this.#rules, isLasting);
    return isSure ? described : { ...described, isUnconfirmed: true };
  }

  #findOnBridge(row: string, bridgePorts: ReadonlySet<string> | undefined): InterfaceOnBridge | undefined {
    const portRows = [...(this.#portRowsOf.get(row) ?? [])].filter((portRow) => bridgePorts?.has(portRow));
    const iface = this.#image.Interface.get(row);
    const port = this.#image.Port.get(portRows.sort().at(-1) ?? '');
    return iface === undefined || port === undefined ? undefined : { iface, port };
  }

  #noteForeign(row: string, ifaceId: string | undefined): void {
    if (ifaceId === undefined) this.#foreign.delete(row);
    else {
      if (this.#foreign.get(row) !== ifaceId) this.#onForeign();
      this.#foreign.set(row, ifaceId);
    }
  }

  #refreshPort(portId: string): SwitchPort | undefined {
    const before = this.#ports.get(portId) ?? this.#unconfirmed.get(portId);
    const rows = this.#rowsOf.get(portId) ?? new Set();
    const after = choosePort([...rows].flatMap((row) => this.#rows.get(row) ?? []));
    if (after !== undefined) return this.#keep(portId, after);
    this.#ports.delete(portId);
    this.#unconfirmed.delete(portId);
    this.#rowsOf.delete(portId);
    return before === undefined ? undefined : describeGone(before, this.#rules.bridge);
  }

  /** Returns what is to be said: nothing of a port that is not confirmed, and that it is, once it is. */
  #keep(portId: string, after: RowPort): SwitchPort | undefined {
    const before = this.#ports.get(portId);
    if (after.isUnconfirmed === true) {
      this.#ports.delete(portId);
      this.#unconfirmed.set(portId, after);
      return undefined;
    }
    this.#unconfirmed.delete(portId);
    this.#ports.set(portId, after);
    return isNews(before, after) ? after : undefined;
  }

  #findBridge(): readonly [row: string, bridge: BridgeRow] | undefined {
    for (const entry of this.#image.Bridge) if (entry[1].name === this.#rules.bridge) return entry;
    return undefined;
  }
}

function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const found = sets.get(key) ?? new Set();
  sets.set(key, found);
  return found;
}

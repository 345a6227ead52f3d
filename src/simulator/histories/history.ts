/** What is known of a history from the outside. Like the oracle, it imports nothing: see eslint.config.js. */

export type Status = 'ACTIVE' | 'DOWN' | 'ERROR';

/** What a chassis published, in the order in which its reports count. */
export interface Said {
  readonly kind: 'said';
  readonly port: string;
  readonly chassis: string;
  readonly revision: number;
  readonly status: Status;
  readonly attachment: string;
  readonly instance?: string | undefined;
}

/** A chassis that forgot a port, or never knew it, said that it has published all it has. */
export interface Gone {
  readonly kind: 'gone';
  readonly port: string;
  readonly chassis: string;
}

export interface Complete {
  readonly kind: 'complete';
  readonly chassis: string;
  readonly revision: number;
}

/** A row of the ledger was written. */
export interface Judged {
  readonly kind: 'judged';
  readonly port: string;
  readonly chassis: string;
  readonly epoch: number;
  readonly revision: number;
  readonly status: Status;
  readonly attachment: string;
  readonly instance?: string | null;
  /** How many words Nova was owed of this port and chassis by then. */
  readonly owed: number;
  /** The last of them, and when it became owed, by the database's clock. */
  readonly word: Word | null;
  readonly owedAt: number | null;
}

/** The words up to this number count as told from now on. */
export interface Settled {
  readonly kind: 'settled';
  readonly port: string;
  readonly chassis: string;
  readonly told: number;
  /** By the database's clock. */
  readonly toldAt: number;
}

/** A server took a report off its topic: from now on the ledger alone knows of it. */
export interface Acknowledged {
  readonly kind: 'acknowledged';
  readonly port: string;
  readonly chassis: string;
  /** The one that it was published in. */
  readonly incarnation: string;
  readonly revision: number;
}

/** The ledger gave an incarnation its number: another one than before where it had lost that. */
export interface Numbered {
  readonly kind: 'numbered';
  readonly incarnation: string;
  readonly epoch: number;
}

export interface Forgotten {
  readonly kind: 'forgotten';
  readonly port: string;
  readonly chassis: string;
}

/** A port as Neutron's tables have it. */
export interface Port {
  readonly port: string;
  readonly status: string;
  readonly isAdminUp: number;
  readonly owner: string;
  readonly device: string;
  readonly isTrunkParent: number;
  /** Provisioning blocks, by comma. */
  readonly blocks: string;
  /** The active binding. */
  readonly host: string | null;
  readonly vifType: string | null;
  readonly driver: string | null;
}

export type Author = 'neutron' | 'servers';

/** `ports.status` was written; the port is as it was just then. */
export interface Written extends Port {
  readonly kind: 'status';
  readonly author: Author;
  readonly from: string;
}

export interface Block extends Port {
  readonly kind: 'block' | 'unblock';
  readonly author: Author;
  readonly entity: string;
}

export interface Bumped {
  readonly kind: 'revision';
  readonly author: Author;
  readonly port: string;
  readonly by: number;
}

/** Neutron made or removed a port. */
export interface Existence {
  readonly kind: 'created' | 'deleted';
  readonly port: string;
  readonly owner: string;
  readonly device: string;
}

export type Word = 'plugged' | 'failed' | 'unplugged';

/** A word that was sent to Nova. */
export interface Told {
  readonly kind: 'told';
  readonly port: string;
  readonly device: string;
  readonly word: Word;
  /** Whether Nova took it, also where its answer was lost. */
  readonly isHeard: boolean;
  /** Nova's refusal. */
  readonly code?: number | undefined;
}

/** The tables took this and lost it again, with all that came after it. */
export interface Undone {
  readonly kind: 'undone';
  readonly was: Judged | Numbered | Settled | Forgotten | Written | Block | Bumped | Existence;
}

export type Entry =
  | Said
  | Gone
  | Complete
  | Judged
  | Numbered
  | Settled
  | Acknowledged
  | Forgotten
  | Written
  | Block
  | Bumped
  | Existence
  | Told
  | Undone;

export interface Binding {
  readonly port: string;
  readonly host: string;
  readonly status: string;
  readonly profile: string;
}

/** What a switch has, at the end. */
export interface Wire {
  readonly port: string;
  readonly chassis: string;
  readonly status: Status;
  readonly attachment: string;
}

/** A row of the ledger, at the end. */
export interface LedgerRow {
  readonly port: string;
  readonly chassis: string;
  readonly status: string;
  readonly owed_no: number;
  readonly told_no: number;
  readonly settle_at: number | null;
  readonly look_at: number | null;
}

export interface History {
  /** Everything that happened, in its order. */
  readonly entries: readonly Entry[];
  /** How many entries there were when nothing was left to be done; what comes after it should not have come. */
  readonly quietFrom: number;
  readonly wires: readonly Wire[];
  readonly ports: readonly Port[];
  readonly bindings: readonly Binding[];
  readonly ledger: readonly LedgerRow[];
  /** Neutron's database's clock. */
  readonly now: number;
  /** Ports that a server has claimed to tell Nova of. */
  readonly claims: readonly string[];
  /** Reports that wait in a topic, or for one. */
  readonly pending: readonly string[];
  /** Why servers and agents ended that nobody stopped. */
  readonly deaths: readonly string[];
  /** What must never be, seen while it ran. */
  readonly alarms: readonly string[];
}

import { RawNode } from 'kysely';
import type {
  KyselyPlugin,
  OperationNode,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely';

/** Counts the statements of one client that has one transaction at a time, and the rows that its commits let go of. */
export class SqlCount implements KyselyPlugin {
  /** By their first word; every way to begin a transaction is `begin`. */
  readonly statements: Record<string, number> = {};
  /** Rows that were locked when a transaction was committed. */
  rowsLocked = 0;
  readonly #readLocks: (() => Promise<number>) | undefined;
  /** Rows that the transaction under way has locked. */
  #locked = 0;
  /** Whether the statement under way may lock rows until the end of its transaction. */
  #mayLock = false;

  /** @param readLocks how many rows are locked now, as another connection sees it. */
  constructor(readLocks?: () => Promise<number>) {
    this.#readLocks = readLocks;
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    const text = textOf(node);
    const kind = kindOf(text);
    this.statements[kind] = (this.statements[kind] ?? 0) + 1;
    this.#mayLock = /^(insert|update|delete)$/.test(kind) || /\bfor (update|share)|\bshare mode/.test(text);
    if (kind === 'commit') this.#release();
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    if (this.#mayLock && this.#readLocks !== undefined) this.#locked = await this.#readLocks();
    return result;
  }

  #release(): void {
    this.rowsLocked += this.#locked;
    this.#locked = 0;
  }
}

function kindOf(text: string): string {
  const [word = ''] = text.trim().toLowerCase().split(/\s/, 1);
  return word === 'start' ? 'begin' : word;
}

/** A statement's text without its values. */
function textOf(node: OperationNode | undefined): string {
  if (node === undefined || !RawNode.is(node)) return '';
  const { sqlFragments, parameters } = node;
  return sqlFragments.map((text, index) => text + textOf(parameters[index])).join('');
}

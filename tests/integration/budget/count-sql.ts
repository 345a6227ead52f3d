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
    const texts = statementsIn(textOf(node));
    for (const kind of texts.map(kindOf)) this.statements[kind] = (this.statements[kind] ?? 0) + 1;
    this.#mayLock = texts.some(mayLock);
    if (texts.some((text) => kindOf(text) === 'commit')) this.#release();
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

/** Those that a compound statement of MariaDB carries out, without what only counts for it; else the statement itself. */
function statementsIn(text: string): readonly string[] {
  const [, inner] = /^begin not atomic (.*) end$/s.exec(text.trim()) ?? [];
  if (inner === undefined) return [text];
  const parts = inner.split(';').map((part) => part.trim().replace(/^if .* then /s, ''));
  return parts.filter((part) => part !== '' && part !== 'end if' && !part.startsWith('select row_count()'));
}

function mayLock(text: string): boolean {
  return /^(insert|update|delete)$/.test(kindOf(text)) || /\bfor (update|share)|\bshare mode/.test(text);
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

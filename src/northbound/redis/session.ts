import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { PortStatusError } from '../../domain/errors.js';
import type { Host, RedisAddress } from './address.js';
import { isUnknownScript } from './faults.js';
import { originOf } from './origin.js';
import type { Script } from './script.js';

/** What Redis answers: texts as bytes, since an entry of a topic may be anything. */
export type Reply = Buffer | number | null | readonly Reply[];

export type Argument = string | Buffer;

/** PEM files for `rediss://`. Without `caFile` the authorities that Node knows must have signed. */
export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface SessionOptions {
  readonly address: RedisAddress;
  /** Which of the address' hosts, or where another server says that the data is; Sentinels are asked all. */
  readonly host: Host;
  readonly tls: TlsFiles;
  readonly endpoint: string;
  /** Called for each ring that is heard, with what it says. */
  readonly onRing: (channel: string, news: string) => void;
  /** Gives up connecting when it is aborted. */
  readonly signal: AbortSignal;
}

/** How long Redis may be silent when something was asked, before the connection counts as dead, in milliseconds. */
const SILENCE_MS = 2000;

/**
 * One connection: answers to commands, and rings, since RESP3 carries both. When it has ended it stays so: the library
 * neither reconnects nor queues nor repeats anything.
 */
export class Session {
  readonly #client: Redis;
  readonly #endpoint: string;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  #origin = '';
  #failure: unknown;

  private constructor(client: Redis, { endpoint, onRing }: SessionOptions) {
    this.#client = client;
    this.#endpoint = endpoint;
    client.on('error', (error) => (this.#failure = error));
    client.on('message', onRing);
    this.ended = new Promise((resolve) => client.once('end', resolve));
  }

  /** Connects and finds out what is there. @throws whatever the library or the network throws; see originOf. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(new Redis({ ...(await clientOptions(options)), protocol: 3 }), options);
    const giveUp = (): void => session.end();
    options.signal.addEventListener('abort', giveUp);
    try {
      await session.#connect(options.address.database);
      return session;
    } catch (error) {
      session.end();
      throw session.#failure ?? error;
    } finally {
      options.signal.removeEventListener('abort', giveUp);
    }
  }

  /** What the server's data counts as made under now; see origin.ts. */
  get origin(): string {
    return this.#origin;
  }

  /** What ended the connection, where something did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Reads the origin anew. */
  async identify(): Promise<void> {
    this.#origin = originOf(await this.#client.info(), this.#endpoint);
  }

  /** For whoever only looks: takes the data as they are. */
  trust(origin: string): void {
    this.#origin = origin;
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    if (channels.length > 0) await this.#client.subscribe(...channels);
  }

  /** Runs a script: its KEYS and ARGV. */
  async evaluate(
    { text, sha }: Script,
    keys: readonly Argument[],
    args: readonly Argument[],
  ): Promise<readonly Reply[]> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return (await this.#client.callBuffer('EVALSHA', sha, ...rest)) as readonly Reply[];
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await this.#client.callBuffer('EVAL', text, ...rest)) as readonly Reply[];
    }
  }

  /** Sends commands, all in one round trip. */
  async send(commands: readonly (readonly [string, ...Argument[]])[]): Promise<readonly Reply[]> {
    const replies = await Promise.all(
      commands.map(([name, ...args]) => this.#client.callBuffer(name, ...args)),
    );
    return replies as readonly Reply[];
  }

  /** Ends the connection; what is under way fails. */
  end(): void {
    this.#client.disconnect();
  }

  async #connect(database: number): Promise<void> {
    await this.#client.connect();
    if (database > 0) await this.#client.select(database);
    await this.identify();
  }
}

/** All but the protocol, in which the library's types make a difference. */
type ClientOptions = Omit<RedisOptions, 'protocol' | 'replyMapping'>;

async function clientOptions({ address, host, tls, endpoint }: SessionOptions): Promise<ClientOptions> {
  const { user, password, isTls, master } = address;
  const secure = isTls ? await readTls(tls, endpoint) : undefined;
  return {
    ...(master === undefined ? host : sentinelOptions(address, master, secure)),
    ...(secure === undefined ? {} : { tls: secure }),
    username: user,
    password,
    connectionName: 'port-status',
    disableClientInfo: true,
    lazyConnect: true,
    // One connection, used until it breaks: who asks next opens the next.
    retryStrategy: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    enableReadyCheck: false,
    connectTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    disconnectTimeout: 0,
    keepAlive: 10_000,
  };
}

function sentinelOptions(
  { hosts, sentinelUser, sentinelPassword }: RedisAddress,
  master: string,
  secure: ConnectionOptions | undefined,
): ClientOptions {
  return {
    sentinels: hosts.map(({ host, port }) => ({ host, port })),
    name: master,
    role: 'master',
    sentinelUsername: sentinelUser,
    sentinelPassword,
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: SILENCE_MS,
    updateSentinels: false,
    ...(secure === undefined ? {} : { sentinelTLS: secure, enableTLSForSentinelMode: true }),
  };
}

/** The files are read at each connection, so that a renewed certificate counts from the next on. */
async function readTls(
  { caFile, certFile, keyFile }: TlsFiles,
  endpoint: string,
): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    readPem('northbound.caFile', caFile, endpoint),
    readPem('northbound.certFile', certFile, endpoint),
    readPem('northbound.keyFile', keyFile, endpoint),
  ]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readPem(
  option: string,
  path: string | undefined,
  endpoint: string,
): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PortStatusError(
      'CONFIG',
      `${option} for ${endpoint}: ${path} can not be read (${String(cause)}); check the path and who may read it`,
      { cause },
    );
  }
}

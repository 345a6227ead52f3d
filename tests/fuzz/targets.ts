import { DIALECTS } from '../../src/agent/ovs/dialects.js';
import { Failures } from '../../src/agent/ovs/failures.js';
import { MessageSplitter } from '../../src/agent/ovs/framing.js';
import { TableImage } from '../../src/agent/ovs/image.js';
import type { TableRowUpdate } from '../../src/agent/ovs/image.js';
import { SwitchIndex } from '../../src/agent/ovs/switch-index.js';
import { inspect } from '../../src/config/load.js';
import { PortStatusError } from '../../src/domain/errors.js';
import type { ErrorCode } from '../../src/domain/errors.js';
import { decodeReport, NEWEST_VERSION, recallReport } from '../../src/domain/wire.js';
import * as etcd from '../../src/northbound/etcd/layout.js';
import { parseAddress } from '../../src/northbound/etcd/address.js';
import { parseRedisUrl } from '../../src/northbound/redis/address.js';
import { parseRecord, toStored } from '../../src/northbound/redis/record.js';
import { readAnswer } from '../../src/nova/answers.js';
import { findComputeEndpoint } from '../../src/nova/catalog.js';
import { decodeToken } from '../../src/nova/token.js';

/** Something of ours that reads what others wrote. Whatever the input, it returns; anything thrown is a fault. */
export type Target = (input: Buffer) => void;

export const TARGETS: Readonly<Record<string, Target>> = {
  ovsdb: readAsAgent,
  reports: readAsReport,
  config: readAsConfiguration,
  'northbound-urls': readAsUrl,
  keystone: readAsKeystone,
  nova: readAsNova,
};

/** Runs what may refuse an input with this code, and with no other error. */
function refusing(code: ErrorCode, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof PortStatusError) || error.code !== code) throw error;
  }
}

/** A stream of bytes, in three chunks, as the agent takes it: messages, rows, ports. */
function readAsAgent(input: Buffer): void {
  refusing('UNAVAILABLE', () => {
    const splitter = new MessageSplitter();
    const size = Math.ceil(input.length / 3);
    for (let at = 0; at < input.length; at += size)
      for (const message of splitter.push(input.subarray(at, at + size))) readMessage(message);
  });
}

function readMessage(message: unknown): void {
  const { params, result } = message as { readonly params?: unknown; readonly result?: unknown };
  const [, ...updates] = Array.isArray(params) ? (params as readonly unknown[]) : [];
  for (const dialect of DIALECTS) {
    refusing('UNAVAILABLE', () => tell(dialect.readBeginning(result).rows));
    refusing('UNAVAILABLE', () => tell(dialect.readUpdates(updates).rows));
  }
}

const RULES = { bridge: 'br-int', ready: { kind: 'ofport' }, requireLink: true, failAfterMs: 1000 } as const;

/** The same rows twice: as all that there is, and as what changed. */
function tell(rows: readonly TableRowUpdate[]): void {
  const index = new SwitchIndex(RULES, new Failures(RULES.failAfterMs, () => 0), () => undefined);
  const image = new TableImage(() => undefined);
  image.apply(rows);
  index.rebuild(image.tables);
  index.update(image.apply(rows));
  index.failDue();
}

const PORT = '15e2c509-be19-4dfd-a2e0-c08cb1499a3e';

/** The body of a report in every wire version, and a record of each engine on the network. */
function readAsReport(input: Buffer): void {
  const text = input.toString('utf8');
  const envelope = { portId: PORT, chassis: 'cn1', revision: 1, isDown: false, body: text };
  for (let version = 0; version <= NEWEST_VERSION + 1; version++) {
    decodeReport({ ...envelope, version });
    recallReport({ ...envelope, version });
  }
  const record = parseRecord('cn1', PORT, text);
  if (record !== undefined) toStored(record);
  const { decodeAlive, decodeListener, decodeMeta, decodeWords } = etcd;
  for (const decode of [etcd.decodeReport, decodeListener, decodeAlive, decodeMeta, decodeWords])
    decode(text);
}

/** By the rules of one program or the other, so that each input costs one reading. */
function readAsConfiguration(input: Buffer): void {
  const file = { path: 'port-status.toml', text: input.toString('utf8') };
  const command = input.length % 2 === 0 ? 'server' : 'agent';
  inspect(command, {
    ...{ flags: new Map(), environment: {}, hostName: 'host-1', file },
    readFile: () => file.text,
  });
}

function readAsUrl(input: Buffer): void {
  for (const parse of [parseRedisUrl, parseAddress]) refusing('CONFIG', () => parse(input.toString('utf8')));
}

function readAsKeystone(input: Buffer): void {
  const issued = decodeToken('token', input.toString('utf8'));
  if (issued === undefined) return;
  refusing('CONFIG', () => findComputeEndpoint(issued.catalog, { interface: 'public', region: 'RegionOne' }));
}

const EVENTS = [
  {
    name: 'network-vif-plugged',
    server_uuid: 'f1c87ee8-4ae3-4ae9-a3bc-b0a4e2e2fbbb',
    tag: PORT,
    status: 'completed',
  },
] as const;

function readAsNova(input: Buffer): void {
  const text = input.toString('utf8');
  for (const status of [200, 207, 400, 401, 403, 404, 413, 422, 500])
    readAnswer(EVENTS, { kind: 'answer', status, header: () => undefined, text }, 'http://nova.example');
}

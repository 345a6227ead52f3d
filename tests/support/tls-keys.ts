import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../src/agent/ovs/tls.js';

const runFile = promisify(execFile);

/** The program that `makeTlsKeys` needs, with its Debian package; for `has` of needs.ts. */
export const TLS_PROGRAMS = { openssl: 'openssl' } as const;

/** A server on 127.0.0.1 and a client that trust each other, and a stranger with an authority of its own. */
export interface TlsKeys {
  readonly server: TlsFiles;
  readonly client: TlsFiles;
  /** As the client, in a certificate that says no name: etcd's gateway takes no other where it has users. */
  readonly nameless: TlsFiles;
  readonly stranger: TlsFiles;
}

/** Makes them in a folder, for two days and for servers on 127.0.0.1. */
export async function makeTlsKeys(folder: string): Promise<TlsKeys> {
  const [ours, theirs] = await Promise.all([makeAuthority(folder, 'ours'), makeAuthority(folder, 'theirs')]);
  const [server, client, nameless, stranger] = await Promise.all([
    makeMember(folder, 'server', ours),
    makeMember(folder, 'client', ours),
    makeMember(folder, 'nameless', ours, '/O=nameless'),
    makeMember(folder, 'stranger', theirs),
  ]);
  return { server, client, nameless, stranger };
}

interface Authority {
  readonly key: string;
  readonly certificate: string;
}

async function makeAuthority(folder: string, name: string): Promise<Authority> {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  await openssl('req', '-x509', ...newKey(key), '-out', certificate, '-days', '2', '-subj', `/CN=${name}`);
  return { key, certificate };
}

async function makeMember(
  folder: string,
  name: string,
  { key, certificate: caCert }: Authority,
  subject = `/CN=${name}`,
): Promise<TlsFiles> {
  const [privateKey, request] = [join(folder, `${name}.key`), join(folder, `${name}.csr`)];
  const certificate = join(folder, `${name}.pem`);
  const names = ['-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await openssl('req', '-new', ...newKey(privateKey), '-out', request, ...names);
  const signing = ['-CA', caCert, '-CAkey', key, '-CAcreateserial', '-CAserial', join(folder, `${name}.srl`)];
  const copying = ['-copy_extensions', 'copy'];
  await openssl('x509', '-req', '-in', request, ...signing, ...copying, '-out', certificate, '-days', '2');
  return { privateKey, certificate, caCert };
}

function newKey(path: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path];
}

async function openssl(...args: readonly string[]): Promise<void> {
  await runFile('openssl', args);
}

import { describe, expect, it } from 'vitest';
import { runIn } from './io.js';

const COMPLETE =
  '--northbound-url sqlite:/nb --neutron-url mysql://neutron:hunter2@db/neutron --neutron-drivers openvswitch';

function rowOf(stdout: string, key: string): readonly string[] {
  return (stdout.split('\n').find((line) => line.startsWith(`${key} `)) ?? '').split(/\s{2,}/);
}

describe('port-status config', () => {
  it('prints each value with its source, in columns', async () => {
    const { exitCode, stdout } = await runIn(`config ${COMPLETE}`, {
      environment: { PORT_STATUS_APPLY_BATCH: '7' },
      files: { '/etc/port-status/port-status.toml': '[listener]\nid = "s1"' },
    });
    expect(exitCode).toBe(0);
    expect(rowOf(stdout, 'apply.batch')).toEqual(['apply.batch', '7', 'environment PORT_STATUS_APPLY_BATCH']);
    expect(rowOf(stdout, 'listener.id')).toEqual(['listener.id', 's1', '/etc/port-status/port-status.toml']);
    expect(rowOf(stdout, 'neutron.drivers')).toEqual(['neutron.drivers', 'openvswitch', '--neutron-drivers']);
    expect(rowOf(stdout, 'nova.cafile')).toEqual(['nova.cafile', '-', '-']);
  });

  it('hides passwords, in JSON as well', async () => {
    const line = `config ${COMPLETE} --nova-password hunter2 --json`;
    const { stdout } = await runIn(line);
    expect(stdout).not.toContain('hunter2');
    const values = JSON.parse(stdout) as Record<string, unknown>;
    expect(values['nova.password']).toEqual({ value: '***', source: '--nova-password' });
    expect(values['neutron.url']).toEqual({
      value: 'mysql://neutron:***@db/neutron',
      source: '--neutron-url',
    });
    expect(values['listener.ttlMs']).toEqual({ value: 3000, source: 'default' });
    expect(values['nova.cafile']).toEqual({ value: null, source: null });
  });

  it('prints what it has and then what is wrong', async () => {
    const { exitCode, stdout, stderr } = await runIn(`config ${COMPLETE} --apply-batch none`);
    expect(exitCode).toBe(78);
    expect(rowOf(stdout, 'apply.batch')).toEqual(['apply.batch', '(wrong)', '--apply-batch']);
    expect(stderr).toBe(
      'port-status: apply.batch must be a whole number from 1 to 5000, got "none" (from --apply-batch)\n',
    );
  });

  it('prints the configuration of the command that it is asked for', async () => {
    const { exitCode, stdout } = await runIn('config --for migrate --neutron-url sqlite:/n');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'startup.timeoutMs',
      'log.level',
      'neutron.url',
      'neutron.ledgerSchema',
      'neutron.tls',
      'neutron.caCert',
      'neutron.certificate',
      'neutron.privateKey',
      '',
    ]);
  });

  it('takes a boolean flag without a word as true, and a list that is named twice as one', async () => {
    const line = `config ${COMPLETE} --nova-insecure --apply-chassis cn1 --apply-chassis cn2`;
    const { stdout } = await runIn(line);
    expect(rowOf(stdout, 'nova.insecure')).toEqual(['nova.insecure', 'true', '--nova-insecure']);
    expect(rowOf(stdout, 'apply.chassis')).toEqual(['apply.chassis', 'cn1,cn2', '--apply-chassis']);
  });

  it('reads the file that the environment names, and a flag names a stronger one', async () => {
    const files = { '/a.toml': '[apply]\nbatch = 1', '/b.toml': '[apply]\nbatch = 2' };
    const environment = { PORT_STATUS_CONFIG: '/a.toml' };
    const first = await runIn(`config ${COMPLETE}`, { files, environment });
    expect(rowOf(first.stdout, 'apply.batch')).toEqual(['apply.batch', '1', '/a.toml']);
    const second = await runIn(`config ${COMPLETE} --config /b.toml`, { files, environment });
    expect(rowOf(second.stdout, 'apply.batch')).toEqual(['apply.batch', '2', '/b.toml']);
  });
});

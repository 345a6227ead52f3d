import type { JudgedReport, JudgePolicy } from '../../../src/domain/judge.js';
import type { Binding, NeutronPort } from '../../../src/domain/neutron-port.js';
import type { Report } from '../../../src/domain/report.js';

export const INSTANCE = '0f7e9c35-cc38-48b2-8d67-2fe6f853a383';
export const OTHER_INSTANCE = '5544da30-90d4-4584-8d67-047f3acef9a4';
export const PORT_ID = '15e2c509-be19-4dfd-a2e0-c08cb1499a3e';

export const POLICY: JudgePolicy = { drivers: new Set(['openvswitch']), buildGraceMs: 30_000 };

/** A binding as Neutron makes it for a VM's port on `cn1`. */
export function aBinding(changes: Partial<Binding> = {}): Binding {
  return { host: 'cn1', status: 'ACTIVE', vifType: 'ovs', driver: 'openvswitch', ...changes };
}

/** A VM's port that Nova has just bound to `cn1` and that waits for its L2 block alone. */
export function aPort(changes: Partial<NeutronPort> = {}): NeutronPort {
  return {
    portId: PORT_ID,
    standardAttrId: 520,
    revisionNumber: 2,
    status: 'DOWN',
    ageMs: 60_000,
    adminStateUp: true,
    deviceId: INSTANCE,
    deviceOwner: 'compute:nova',
    blocks: ['L2'],
    bindings: [aBinding()],
    isTrunkParent: false,
    l2populationHosts: [],
    ...changes,
  };
}

/** `cn1` says that the port is up. */
export function aReport(changes: Partial<JudgedReport> = {}): JudgedReport {
  return { chassis: 'cn1', status: 'ACTIVE', instance: INSTANCE, epoch: 1, revision: 10, ...changes };
}

/** The same as an agent makes it, with all that travels. */
export function aFullReport(changes: Partial<Report> = {}): Report {
  return {
    portId: PORT_ID,
    chassis: 'cn1',
    status: 'ACTIVE',
    attachment: 'b3193b14-5a2f-40f0-8b05-fdb430d77edb',
    instance: INSTANCE,
    revision: 1795405481123456,
    observedAt: 1795405481123,
    ...changes,
  };
}

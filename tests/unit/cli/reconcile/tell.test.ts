import { expect, it } from 'vitest';
import { tellInLines } from '../../../../src/cli/reconcile/tell.js';
import { portIdOf } from '../../../support/neutron-rows.js';

it('shows a name that would steer the terminal as text', () => {
  const lines: string[] = [];
  const finding = {
    kind: 'lost-entry',
    portId: portIdOf(1),
    chassis: 'cn\u001b[2J',
    wouldWrite: 'TOPIC',
  } as const;
  tellInLines((text) => lines.push(text)).change({ finding, end: { kind: 'mended', wrote: 'TOPIC' } });
  expect(lines).toEqual([
    `lost-entry     ${portIdOf(1)}  on cn?[2J: its report is pending, and no server is told of it; wrote TOPIC\n`,
  ]);
});

import { AGENT_SILENT_MS } from '../../domain/chassis-silence.js';
import { checkName } from '../../domain/report.js';
import type { Northbound } from '../../northbound/northbound.js';
import { configuredCommand } from '../configured-command.js';
import { ask } from '../northbound-database.js';

export const approve = configuredCommand({
  name: 'approve',
  summary: "release a chassis' held ports",
  doc: 'Releases ports that a guard holds back. Where the agent of the chassis lives, it may report what its guard holds, because too many turned DOWN together. Where the chassis is silent (for chassis.downAfterMs, or 65 s where that is not set), servers that have chassis.downAfterMs may report its ports DOWN although so many chassis are silent; this ends with the next word of the agent.',
  examples: ['approve compute-17'],
  exitCodes: { 0: 'approved', 1: 'the chassis is not known, or nothing of it is held' },
  runsUntilStopped: false,
  arguments: { chassis: 'The compute node whose held ports are released.' },
  flags: {},
  run: async (context) => {
    const chassis = checkName('chassis', context.arguments.chassis);
    const { downAfterMs = AGENT_SILENT_MS } = context.config.chassis;
    const { isApproved, words } = await ask(context, (northbound) =>
      approveOne(northbound, chassis, downAfterMs),
    );
    context.io.stdout.write(`${words}\n`);
    return isApproved ? 0 : 1;
  },
});

interface Outcome {
  readonly isApproved: boolean;
  readonly words: string;
}

/** A silent agent can release nothing: what is approved is then its silence. */
async function approveOne(northbound: Northbound, chassis: string, silentMs: number): Promise<Outcome> {
  const [view] = await northbound.chassis([chassis]);
  if (view === undefined)
    return { isApproved: false, words: `${chassis} is not registered; "port-status chassis" lists who is` };
  const { beat, ageMs } = view;
  const isSilent = ageMs >= silentMs;
  const isApproved = await northbound.approve(chassis, isSilent ? { beat } : {});
  if (isSilent && isApproved)
    return { isApproved, words: `approved: ${chassis} is silent, and servers may report its ports DOWN` };
  return {
    isApproved,
    words: isApproved ? `approved: ${chassis} reports what it held` : `${chassis} holds nothing`,
  };
}

import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { openNeutron } from '../neutron-database.js';
import { firstAnswer } from '../startup.js';

export const pause = configuredCommand({
  name: 'pause',
  summary: 'stop all writing to Neutron and Nova',
  doc: "Makes all servers stop writing to Neutron's tables and telling Nova, until port-status resume. When it returns, no transaction that began before is still running. Reports wait meanwhile; none is lost.",
  examples: ['pause'],
  exitCodes: { 0: 'nothing is written any more' },
  runsUntilStopped: false,
  arguments: {},
  flags: {},
  run: (context) => setPaused(context, true, 'paused: nothing is written until "port-status resume"'),
});

/** Sets the flag that every transaction reads. */
export async function setPaused(
  context: CommandContext<'pause' | 'resume'>,
  paused: boolean,
  words: string,
): Promise<number> {
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  await firstAnswer("Neutron's database", context, () => neutron.setPaused(paused));
  context.io.stdout.write(`${words}\n`);
  return 0;
}

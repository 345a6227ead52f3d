import { checkName } from '../../domain/report.js';
import { openNorthbound } from '../../northbound/open.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import { firstAnswer } from '../startup.js';

export const approve = configuredCommand({
  name: 'approve',
  summary: "release a chassis' held ports",
  doc: 'Lets an agent report ports that its guard holds back, because too many turned DOWN together. Exit code 1: it holds none.',
  runsUntilStopped: false,
  arguments: { chassis: 'The compute node whose held ports are released.' },
  flags: {},
  run: async (context) => {
    const chassis = checkName('chassis', context.arguments.chassis);
    const { url, ...network } = context.config.northbound;
    await using opened = new Opened();
    const northbound = opened.add(openNorthbound(url, { ...context, ...network }));
    const approved = await firstAnswer('the northbound database', context, () => northbound.approve(chassis));
    context.io.stdout.write(
      approved ? `approved: ${chassis} reports what it held\n` : `${chassis} holds nothing\n`,
    );
    return approved ? 0 : 1;
  },
});

import type { Neutron } from '../neutron/neutron.js';
import type { PortStory } from '../neutron/story.js';
import { Opened } from '../runtime/opened.js';
import { explainPorts } from '../views/explain.js';
import type { Explained } from '../views/explain.js';
import { answer } from './answer.js';
import type { ANSWER_FLAGS, Waiting } from './answer.js';
import type { Answer } from './show.js';
import type { CommandContext } from './configured-command.js';
import { openNeutron } from './neutron-database.js';
import { openConfigured } from './northbound-database.js';

/** Opens both databases for reading, finds ports, explains them, prints that as `answer` does, and closes both. */
export async function explainThose(
  context: Omit<CommandContext<'port' | 'stuck', typeof ANSWER_FLAGS>, 'arguments'>,
  novaWaitsMs: number,
  find: (neutron: Neutron) => Promise<readonly PortStory[]>,
  describe: (explained: readonly Explained[]) => Answer,
): Promise<number> {
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  const northbound = opened.add(openConfigured({ ...context, isReadOnly: true }));
  const { heartbeatMs } = context.config.agent;
  let isChecked = false;
  const findThem = async (): Promise<readonly PortStory[]> => {
    if (!isChecked) await neutron.check({ willWrite: false, keepsLedger: false });
    isChecked = true;
    return find(neutron);
  };
  return await answer(context, async (wait: Waiting) => {
    const stories = await wait("Neutron's database", findThem);
    const explain = (): ReturnType<typeof explainPorts> =>
      explainPorts({ neutron, northbound, heartbeatMs, novaWaitsMs }, stories);
    return describe(await wait('the northbound database', explain));
  });
}

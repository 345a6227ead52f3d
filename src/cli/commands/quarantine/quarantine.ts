import type { CommandGroup } from '../../command.js';
import { drop } from './drop.js';
import { list } from './list.js';
import { retry } from './retry.js';
import { show } from './show.js';

export const quarantine: CommandGroup = {
  name: 'quarantine',
  summary: 'look after reports that can never be written',
  doc: "A report that can never be written as it is, because its body makes no sense or the database refuses it, is set aside with the reason, so that the others are written. What a newer report of its port has overtaken leaves by itself. These commands show what is left, have it judged again, or drop it. A report is named by its port's id, or, where several chassis speak of one port, by port@chassis.",
  commands: [list, show, retry, drop],
};

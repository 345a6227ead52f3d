import { CONFIG_PATH_NAME } from '../../config/layers.js';
import { environmentNameOf, fileKeyOf, flagOf, partsOf } from '../../config/option.js';
import type { Option } from '../../config/option.js';
import { OPTION_ROWS } from '../../config/options.js';
import { describeShape } from '../../config/shape.js';
import { DEFAULT_CONFIG_PATH } from '../config-file.js';
import { defaults } from '../option-help.js';
import { block, code, page } from './markdown.js';

const EXAMPLE = `
[northbound]
url = "sqlite:/var/lib/port-status/northbound.db"

[neutron]
urlFile = "/etc/port-status/neutron-url"
drivers = ["openvswitch"]

[apply]
mode = "observe"
`.trim();

export function configurationPage(): string {
  return page('Configuration', 'src/config/options.ts', [
    `An option may be given as a flag, in the environment or in a TOML file; the first of these decides, then the default. The file is the one that \`--config\` names, else \`${CONFIG_PATH_NAME}\`, else \`${DEFAULT_CONFIG_PATH}\` where it exists. One file may serve the agent and the server of a machine: each reads what it has.`,
    block('toml', EXAMPLE),
    'In flags and in the environment a list is separated by commas. An empty environment variable counts as absent. Whatever is not known is refused: file keys, flags, and environment names that start with `PORT_STATUS_`. `port-status config` prints every value and where it comes from.',
    '**Secrets** are never printed. Each may be read from a file instead, which the key with `File` (in `[nova]`: `_file`) names; white space at its end is left out. Prefer such a file or the environment to a flag: other users of the machine can see command lines.',
    ...groups().flatMap(groupSection),
  ]);
}

function groups(): readonly string[] {
  return [...new Set(OPTION_ROWS.map(([key]) => partsOf(key)[0]))];
}

function groupSection(group: string): readonly string[] {
  const rows = OPTION_ROWS.filter(([key]) => partsOf(key)[0] === group);
  return [`## ${group}`, ...rows.flatMap(([key, option]) => optionSection(key, option))];
}

function optionSection(key: string, option: Option): readonly string[] {
  return [
    `### ${code(key)}`,
    option.doc,
    facts(key, option)
      .map((fact) => `* ${fact}`)
      .join('\n'),
  ];
}

function facts(key: string, option: Option): readonly string[] {
  const shape = describeShape(option);
  const [byDefault = 'no default'] = [defaults(option).join(', ')].filter((text) => text !== '');
  const required = option.requiredBy === undefined ? '' : `; required by ${option.requiredBy.join(', ')}`;
  return [
    `Value: ${shape}; ${byDefault}${required}`,
    `Commands: ${option.commands.join(', ')}`,
    `Flag ${code(flagOf(key))}, environment ${code(environmentNameOf(key))}`,
    ...(option.secret === undefined ? [] : [secretFact(key, option)]),
  ];
}

function secretFact(key: string, { secret }: Option): string {
  const what = secret === 'whole' ? 'Secret' : 'Its password is secret';
  return `${what}; may be read from a file: ${code(fileKeyOf(key))}`;
}

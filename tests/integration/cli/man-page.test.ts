import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands/commands.js';
import { EXIT_CODES } from '../../../src/cli/exit-codes.js';
import { OPTION_ROWS } from '../../../src/config/options.js';
import { flagOf } from '../../../src/config/option.js';
import { has } from '../../support/needs.js';
import { ROOT } from '../../support/root.js';

const { man } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { readonly man: string };

it.runIf(has('man page', { groff: 'groff-base' }))(
  'the man page that the package names is set without a complaint, and tells of every command, option and exit code',
  () => {
    const path = fileURLToPath(new URL(man, ROOT));
    // A URL may be longer than a line.
    const words = ['-K', 'utf8', '-T', 'utf8', '-P', '-c', '-P', '-bou', '-man', '-ww', '-W', 'break', path];
    const { status, stdout, stderr } = spawnSync('groff', words, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const text = stdout.replaceAll(/\s+/g, ' ').replaceAll('‐', '-').replaceAll('−', '-');
    for (const one of COMMANDS) {
      const names = 'commands' in one ? one.commands.map(({ name }) => `${one.name} ${name}`) : [one.name];
      for (const name of names) expect(text).toContain(` port-status ${name} `);
    }
    for (const [key] of OPTION_ROWS) expect(text).toContain(` ${flagOf(key)} `);
    for (const { code, meaning } of EXIT_CODES)
      expect(text).toContain(` ${code} ${meaning.replaceAll('`', '')}`);
  },
);

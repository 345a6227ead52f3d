import type { CommandDefinition, CommandGroup } from '../command.js';
import { bashScript } from '../completion/bash.js';
import { completionsOf } from '../completion/completions.js';
import type { Completion } from '../completion/completions.js';
import { fishScript } from '../completion/fish.js';
import { zshScript } from '../completion/zsh.js';

type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  Shell,
  (completions: readonly Completion[]) => string
>;

/** @param listCommands what is completed; asked when the command runs, which is one of them itself. */
export function completionOf(
  listCommands: () => readonly (CommandDefinition | CommandGroup)[],
): CommandDefinition {
  return {
    name: 'completion',
    summary: 'print a script that completes command lines',
    doc: 'Prints a script with which a shell completes commands, flags, and what they take. For bash: a line `source <(port-status completion bash)` in ~/.bashrc, or for all users a file /etc/bash_completion.d/port-status. For zsh: a file _port-status in a folder of $fpath. For fish: ~/.config/fish/completions/port-status.fish. Print it anew after an upgrade.',
    examples: [
      'completion bash | sudo tee /etc/bash_completion.d/port-status',
      'completion fish > ~/.config/fish/completions/port-status.fish',
    ],
    exitCodes: { 0: 'printed' },
    runsUntilStopped: false,
    arguments: { shell: { doc: 'The shell.', values: Object.keys(SCRIPTS) } },
    flags: {},
    options: [],
    run: async ({ arguments: { shell } }, { stdout }) => {
      // The command line was read by this very table.
      stdout.write(SCRIPTS[shell as Shell](completionsOf(listCommands())));
      return 0;
    },
  };
}

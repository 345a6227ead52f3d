/** What a shell says of a command that Ctrl-C ended: 128 and the signal's number. */
export const EXIT_INTERRUPTED = 130;

interface ExitCode {
  readonly code: number;
  /** In Markdown. */
  readonly meaning: string;
  /** Whether it helps to start again. */
  readonly again: string;
}

/** Every exit code, the same for all commands. Those of foreseen failures are from sysexits.h: see domain/errors.ts. */
export const EXIT_CODES: readonly ExitCode[] = [
  {
    code: 0,
    meaning:
      'Done, and there is nothing to look after; or a server, an agent, the demo or a `--watch` was stopped by SIGINT or SIGTERM.',
    again: 'no need',
  },
  {
    code: 1,
    meaning:
      'The answer is no, or there is something to look after; each command says what: `compare` found differences, `stuck` ports that Nova waits for, `quarantine drop` was not confirmed, `uninstall` found something that still runs.',
    again: 'no need',
  },
  { code: 69, meaning: 'A dependency did not answer in time.', again: 'yes, it may help' },
  {
    code: 70,
    meaning: 'A fault of the program; one that nobody foresaw is printed with its stack.',
    again: 'yes, and report it',
  },
  {
    code: 78,
    meaning: 'The command line or the configuration is wrong, or a right is missing.',
    again: 'no, change it first',
  },
  {
    code: EXIT_INTERRUPTED,
    meaning: 'A command was interrupted before it was done, or a second signal ended the program.',
    again: 'if you like',
  },
];

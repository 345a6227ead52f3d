import type { Sources } from '../../config/load.js';
import type { CommandDefinition, Invocation } from '../command.js';
import { askAll } from '../doctor/ask.js';
import { CHECKS } from '../doctor/checks.js';
import { diagnose, exitCodeOf, printLine } from '../doctor/diagnose.js';
import type { Role } from '../doctor/facts.js';
import { DOCTOR_OPTIONS, inspectRoles } from '../doctor/inspect.js';
import type { World } from '../world.js';

export const doctor: CommandDefinition = {
  name: 'doctor',
  summary: 'check the configuration, every connection and what is stored',
  doc: 'Looks at everything that this host needs to do its part, and prints a line for each check: ok, warn or FAIL, what was found, and how to mend it; what is not configured here is skipped. Takes every flag of server and agent. Writes nothing.',
  examples: ['doctor', 'doctor --for agent --json | jq -r \'.checks[] | select(.level == "FAIL") | .mend\''],
  exitCodes: { 0: 'nothing fails', 1: 'something does', 78: 'its configuration can not be read' },
  runsUntilStopped: false,
  arguments: {},
  flags: {
    for: {
      kind: 'enum',
      values: ['server', 'agent'] satisfies Role[],
      doc: 'What this host runs; without it, whatever is configured.',
    },
    json: { kind: 'boolean', default: false, doc: 'Print JSON.' },
  },
  options: DOCTOR_OPTIONS,
  hidesOptions: true,
  run: ({ flags, sources }, world) => runDoctor(flags, sources, world),
};

async function runDoctor(flags: Invocation['flags'], sources: Sources, world: World): Promise<number> {
  const inspected = inspectRoles(flags['for'] as Role | undefined, sources);
  const lines = diagnose(CHECKS, await askAll(inspected, world));
  const exitCode = exitCodeOf(lines);
  world.stdout.write(
    flags['json'] === true
      ? `${JSON.stringify({ exitCode, checks: lines })}\n`
      : lines.map(printLine).join(''),
  );
  return exitCode;
}

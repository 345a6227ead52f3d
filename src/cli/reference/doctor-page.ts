import { CHECKS } from '../doctor/checks.js';
import { block, code, page, tableOf } from './markdown.js';

const EXAMPLE = `
ok    configuration: complete for server
FAIL  servers: none is live: reports wait; start "port-status server", or look why it stands still
FAIL  host names: chassis cn1.example is cn1 in Neutron; set agent.chassis to cn1 on that compute node
skip  ready rule: switch.ready is not set for this host
`.trim();

export function doctorPage(): string {
  return page('What the doctor checks', 'src/cli/doctor/checks.ts', [
    `${code('port-status doctor')} looks at all that this host needs to do its part, and prints a line for each finding: ${code('ok')}, ${code('warn')} or ${code('FAIL')}, the check, what was found, and how to mend it. ${code('--json')} prints the same as one JSON object. It writes nothing.`,
    block('text', EXAMPLE),
    `What is not configured on this host is skipped, with the reason: a host with ${code('neutron.url')} is taken for a server's, one with ${code('switch.ready')} for an agent's, and ${code('--for')} names one of them. Run it as the user that the server or the agent runs as: rights are then theirs.`,
    `The exit code is 0 where nothing fails, also with warnings; 1 where something does; 78 where the command line or the file can not be read.`,
    tableOf(
      ['Check', 'Looks at', 'To mend'],
      CHECKS.map(({ name, looksAt, mend }) => [name, looksAt, mend]),
    ),
  ]);
}

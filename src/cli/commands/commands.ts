import type { CommandDefinition, CommandGroup } from '../command.js';
import { agent } from './agent.js';
import { approve } from './approve.js';
import { chassis } from './chassis.js';
import { completionOf } from './completion.js';
import { compare } from './compare.js';
import { config } from './config.js';
import { demo } from './demo.js';
import { doctor } from './doctor.js';
import { drain } from './drain.js';
import { listeners } from './listeners.js';
import { migrate } from './migrate.js';
import { pause } from './pause.js';
import { port } from './port.js';
import { quarantine } from './quarantine/quarantine.js';
import { reconcile } from './reconcile.js';
import { resume } from './resume.js';
import { server } from './server.js';
import { simulate } from './simulate.js';
import { stuck } from './stuck.js';
import { topics } from './topics.js';
import { uninstall } from './uninstall.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly (CommandDefinition | CommandGroup)[] = [
  server,
  agent,
  migrate,
  config,
  doctor,
  compare,
  reconcile,
  listeners,
  topics,
  chassis,
  port,
  stuck,
  quarantine,
  drain,
  pause,
  resume,
  approve,
  uninstall,
  demo,
  simulate,
  completionOf(() => COMMANDS),
];

import type { ChildProcess } from 'node:child_process';

/** Whether a process that was started has ended. */
export function hasEnded(child: ChildProcess | undefined): boolean {
  return child !== undefined && (child.exitCode !== null || child.signalCode !== null);
}

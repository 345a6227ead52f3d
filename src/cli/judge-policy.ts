import { chassisMatcher } from '../domain/chassis-globs.js';
import type { JudgePolicy } from '../domain/judge.js';

/** What the configuration lays down about judging. */
export function judgePolicyOf(neutron: {
  readonly drivers: readonly string[];
  readonly buildGraceMs: number;
}): JudgePolicy {
  return { drivers: new Set(neutron.drivers), buildGraceMs: neutron.buildGraceMs };
}

/** Whether any chassis may be written, and which. */
export interface WriteRule {
  readonly willWrite: boolean;
  readonly mayWrite: (chassis: string) => boolean;
}

export function writeRuleOf(apply: {
  readonly mode: 'observe' | 'write';
  readonly chassis?: readonly string[] | undefined;
}): WriteRule {
  const willWrite = apply.mode === 'write';
  return { willWrite, mayWrite: willWrite ? chassisMatcher(apply.chassis ?? []) : () => false };
}

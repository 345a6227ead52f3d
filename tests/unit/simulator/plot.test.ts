import { describe, expect, it } from 'vitest';
import { plot } from '../../../src/simulator/demo/plot.js';
import type { PlotOptions, Scene } from '../../../src/simulator/demo/plot.js';

const OPTIONS: PlotOptions = { seed: 1, chassis: ['X', 'Y', 'Z'], rest: 10 };

function first(count: number, over: Partial<PlotOptions> = {}): readonly Scene[] {
  const scenes = plot({ ...OPTIONS, ...over });
  return Array.from({ length: count }, () => scenes.next().value);
}

function countOf(kind: Scene['kind'], scenes: readonly Scene[]): number {
  return scenes.filter((scene) => scene.kind === kind).length;
}

describe('what happens to which VM', () => {
  it('is the same for the same seed', () => {
    expect(first(500)).toEqual(first(500));
  });

  it('is something else for another seed', () => {
    expect(first(500, { seed: 2 })).not.toEqual(first(500));
  });

  it('does not depend on how long it is asked for', () => {
    expect(first(500).slice(0, 100)).toEqual(first(100));
  });
});

it('boots are spread over the compute nodes in turn', () => {
  const hosts = first(6, { rest: 1000 }).map((scene) => (scene.kind === 'boot' ? scene.chassis : undefined));
  expect(hosts).toEqual(['X', 'Y', 'Z', 'X', 'Y', 'Z']);
});

it.each([
  ['boot', 550],
  ['reboot', 150],
  ['migrate', 150],
  ['stop', 150],
] as const)('of 1,000 scenes about as many are a %s as its share says (%d)', (kind, share) => {
  expect(Math.abs(countOf(kind, first(1000)) - share)).toBeLessThan(60);
});

it('a VM is booted before anything else happens to it, and nothing happens after its stop', () => {
  const running = new Set<number>();
  const impossible = first(2000).filter((scene) => {
    const isPossible = scene.kind === 'boot' ? !running.has(scene.vm) : running.has(scene.vm);
    if (scene.kind === 'stop') running.delete(scene.vm);
    else running.add(scene.vm);
    return !isPossible;
  });
  expect(impossible).toEqual([]);
});

it('a VM is left alone for as many scenes as it may rest', () => {
  const lastOf = new Map<number, number>();
  const distances = first(2000).map(({ vm }, number) => {
    const distance = number - (lastOf.get(vm) ?? -Infinity);
    lastOf.set(vm, number);
    return distance;
  });
  expect(Math.min(...distances)).toBe(OPTIONS.rest);
});

it('a migration leads to another compute node than the one on which the VM runs', () => {
  const hosts = new Map<number, string>();
  const still = first(2000).filter((scene) => {
    if (scene.kind === 'boot') hosts.set(scene.vm, scene.chassis);
    if (scene.kind !== 'migrate') return false;
    const isStill = hosts.get(scene.vm) === scene.target;
    hosts.set(scene.vm, scene.target);
    return isStill;
  });
  expect(still).toEqual([]);
});

it('with one compute node nothing migrates', () => {
  expect(countOf('migrate', first(1000, { chassis: ['X'] }))).toBe(0);
});

import { describe, expect, it } from 'vitest';
import { complaintsOf } from '../../chaos/verdict.js';
import type { Evidence } from '../../chaos/verdict.js';

const UP: Evidence = {
  wired: new Map([['p', 10]]),
  neutron: new Map([['p', 'ACTIVE ']]),
  nova: new Map([['p', { word: 'network-vif-plugged', at: 20 }]]),
  known: new Set(['p']),
};
const DOWN: Evidence = {
  wired: new Map(),
  neutron: new Map([['p', 'DOWN L2']]),
  nova: new Map([['p', { word: 'network-vif-unplugged', at: 20 }]]),
  known: new Set(['p']),
};

describe("chaos' verdict", () => {
  it.each([
    ['a port that is plugged, ACTIVE and told', UP],
    ['a port that is unplugged, DOWN and told', DOWN],
    ['a port that never was plugged', { ...DOWN, nova: new Map(), known: new Set<string>() }],
  ])('has no complaint about %s', (_what, evidence) => {
    expect(complaintsOf(evidence)).toEqual([]);
  });

  it.each([
    ['Neutron says DOWN of what is wired', { ...UP, neutron: new Map([['p', 'DOWN ']]) }],
    ['a block is left', { ...UP, neutron: new Map([['p', 'ACTIVE L2']]) }],
    ['Nova heard nothing', { ...UP, nova: new Map() }],
    ['Nova heard only of an earlier plug', { ...UP, wired: new Map([['p', 21]]) }],
    ['Neutron says ACTIVE of what is not wired', { ...DOWN, neutron: new Map([['p', 'ACTIVE ']]) }],
    ['Nova thinks that it is plugged', { ...DOWN, nova: UP.nova }],
  ])('complains where %s', (_what, evidence) => {
    expect(complaintsOf(evidence)).toHaveLength(1);
  });
});

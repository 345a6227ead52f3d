import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { stopOnSignals } from '../../src/runtime/shutdown.js';

it.each(['SIGINT', 'SIGTERM'])(
  'asks for an orderly stop at the first %s and stops at once at the second',
  (name) => {
    const system = new EventEmitter();
    let forced = 0;
    const { signal } = stopOnSignals(system, () => forced++);
    system.emit(name);
    expect([signal.aborted, forced]).toEqual([true, 0]);
    system.emit('SIGTERM');
    expect(forced).toBe(1);
  },
);

it('asks for an orderly stop when the process that started this one has ended, whatever was asked before', () => {
  const system = new EventEmitter();
  let forced = 0;
  const { signal } = stopOnSignals(system, () => forced++);
  system.emit('disconnect');
  system.emit('disconnect');
  expect([signal.aborted, forced]).toEqual([true, 0]);
});

it('leaves SIGHUP to the system until it is to be heeded', () => {
  const system = new EventEmitter();
  const shutdown = stopOnSignals(system, () => undefined);
  expect(system.listenerCount('SIGHUP')).toBe(0);
  shutdown.heedHangUp();
  system.emit('SIGHUP');
  expect(shutdown.signal.aborted).toBe(true);
});

it('hears no signal after it was closed', () => {
  const system = new EventEmitter();
  const shutdown = stopOnSignals(system, () => undefined);
  shutdown.heedHangUp();
  shutdown.close();
  system.emit('SIGTERM');
  expect(shutdown.signal.aborted).toBe(false);
  expect(system.eventNames()).toEqual([]);
});

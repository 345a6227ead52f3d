import { describe, expect, it } from 'vitest';
import { createLogger, silentLogger } from '../../../src/runtime/logger.js';

/** Where lines are kept instead of being written. */
function aDestination() {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
}

describe('A log line', () => {
  it('is one object of JSON with its level, its time, its event and its words, and nothing of the machine', () => {
    const destination = aDestination();

    createLogger('info', destination).info({ event: 'listener.joined', generation: '1-a' }, 'joined');

    expect(destination.lines).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        event: 'listener.joined',
        generation: '1-a',
        msg: 'joined',
      },
    ]);
  });

  it('below the level is not written', () => {
    const destination = aDestination();
    const log = createLogger('warn', destination);

    log.info({ event: 'quiet' }, 'quiet');
    log.warn({ event: 'loud' }, 'loud');

    expect(destination.lines.map(({ event }) => event)).toEqual(['loud']);
  });
});

describe('The silent logger', () => {
  it('writes on no level', () => {
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

    expect(levels.filter((level) => silentLogger.isLevelEnabled(level))).toEqual([]);
  });
});

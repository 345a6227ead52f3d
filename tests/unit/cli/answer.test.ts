import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer } from '../../../src/cli/answer.js';
import type { Answer } from '../../../src/cli/show.js';
import type { World } from '../../../src/cli/world.js';
import { PortStatusError } from '../../../src/domain/errors.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { testWorld } from './io.js';

const START = '2026-01-01T00:00';

function found(name: string, more: object = {}): Answer {
  return { exitCode: 1, facts: { name, ...more }, text: `NAME\n${name}\n` };
}

function unreachable(): PortStatusError {
  return new PortStatusError('UNAVAILABLE', 'it does not answer; look whether it runs');
}

describe('an answer', () => {
  let clock: VirtualClock;
  let stop: AbortController;
  /** What is found, look after look; the last one stays. */
  let finds: (Answer | Error)[];
  beforeEach(() => {
    clock = new VirtualClock();
    stop = new AbortController();
    finds = [found('a')];
  });
  afterEach(() => stop.abort(new Error('the test has ended')));

  function ask(
    flags: { readonly json?: boolean; readonly watch?: number },
    over: Partial<World> = {},
  ): { readonly written: { readonly stdout: string }; readonly ended: Promise<number> } {
    const { world, written } = testWorld({ clock, signal: stop.signal, ...over });
    const asked = {
      ...{ clock, random: world.random, logger: silentLogger, io: world },
      config: { startup: { timeoutMs: 1000 } },
      flags: { json: flags.json ?? false, watch: flags.watch },
    };
    const ended = answer(asked, (wait) =>
      wait('the database', async () => {
        const next = (finds.length > 1 ? finds.shift() : finds[0]) ?? new Error('nothing is to be found');
        if (next instanceof Error) throw next;
        return next;
      }),
    );
    return { written, ended };
  }

  it('is printed once, for people or as JSON, with its exit code', async () => {
    const text = ask({});
    expect([await text.ended, text.written.stdout]).toEqual([1, 'NAME\na\n']);
    const json = ask({ json: true });
    expect([await json.ended, json.written.stdout]).toEqual([1, '{"exitCode":1,"name":"a"}\n']);
  });

  it('that is watched is looked for so often, and printed where more than its age has changed', async () => {
    finds = [found('a', { rows: [{ ageMs: 1 }] }), found('a', { rows: [{ ageMs: 9 }] }), found('b')];
    const { written, ended } = ask({ json: true, watch: 5 });
    await clock.advance(9_999);
    expect(written.stdout).toBe('{"exitCode":1,"name":"a","rows":[{"ageMs":1}]}\n');
    await clock.advance(1);
    expect(written.stdout.split('\n').slice(1)).toEqual(['{"exitCode":1,"name":"b"}', '']);
    await clock.advance(60_000);
    expect(written.stdout.split('\n')).toHaveLength(3);
    stop.abort(new Error('Ctrl-C'));
    expect(await ended).toBe(0);
  });

  it('that can not be had for a while is waited for, and that is said once', async () => {
    finds = [found('a'), unreachable(), unreachable(), found('a')];
    const { written } = ask({ json: true, watch: 1 });
    await clock.advance(5000);
    expect(written.stdout.split('\n')).toEqual([
      '{"exitCode":1,"name":"a"}',
      '{"error":"it does not answer; look whether it runs"}',
      '{"exitCode":1,"name":"a"}',
      '',
    ]);
  });

  it('that can not be had at all ends the watch, as it ends a single look', async () => {
    finds = [unreachable()];
    for (const flags of [{}, { watch: 1 }]) {
      const { ended } = ask(flags);
      const failed = expect(ended).rejects.toThrow('did not answer within startup.timeoutMs (1000 ms)');
      await clock.advance(1000);
      await failed;
    }
    finds = [found('a'), new PortStatusError('RIGHTS', 'a right is missing')];
    const { ended } = ask({ watch: 1 });
    const failed = expect(ended).rejects.toThrow('a right is missing');
    await clock.advance(1000);
    await failed;
  });

  it('is told with the time where nobody sits there', async () => {
    finds = [found('a'), found('b')];
    const { written } = ask({ watch: 1 });
    await clock.advance(3000);
    expect(written.stdout).toBe(`${START}:00.000Z\nNAME\na\n\n${START}:01.000Z\nNAME\nb\n\n`);
  });

  it('is no longer looked for when nobody reads it any more, or when it is stopped before the first', async () => {
    const closed = new AbortController();
    const { ended } = ask({ watch: 1 }, { outputClosed: closed.signal });
    await clock.advance(500);
    closed.abort(new Error('nobody reads'));
    expect(await ended).toBe(0);
    finds = [unreachable()];
    const waiting = ask({ watch: 1 });
    await clock.advance(1);
    stop.abort(new Error('Ctrl-C'));
    expect(await waiting.ended).toBe(0);
  });

  describe('in a terminal', () => {
    let shown: string;
    let exits: (() => void)[];
    let over: Partial<World>;
    beforeEach(() => {
      shown = '';
      exits = [];
      over = {
        terminal: {
          ...{ columns: 80, rows: 5, hasKeys: true, listen: () => () => undefined },
          write: (text) => (shown += text),
        },
        onExit: (work) => {
          exits.push(work);
          return () => void exits.splice(exits.indexOf(work), 1);
        },
      };
    });

    const RESTORED = '\x1b[?7h\x1b[?25h';

    it('is drawn over the one before, and the terminal is as it was when it is stopped', async () => {
      finds = [found('a'), found('a'), found('b')];
      const { ended } = ask({ watch: 1 }, over);
      await clock.advance(5000);
      const line = (text: string): string => `${text}\x1b[K\n`;
      const drawn = [
        `\x1b[?7l\x1b[?25l${line('NAME')}${line('a')}\x1b[J`,
        `\x1b[2A\r${line('NAME')}${line('b')}\x1b[J`,
      ].join('');
      expect(shown).toBe(drawn);
      stop.abort(new Error('Ctrl-C'));
      expect(await ended).toBe(0);
      expect(shown).toBe(drawn + RESTORED);
      expect(exits).toEqual([]);
    });

    it('keeps to the lines that there are, and says how many more there would be', async () => {
      finds = [{ ...found('a'), text: 'HEAD\n1\n2\n3\n4\n5\n' }];
      ask({ watch: 1 }, over);
      await clock.advance(500);
      expect(shown).toContain('2\x1b[K\n… 3 more lines\x1b[K\n\x1b[J');
    });

    it('stays there, with what is wrong below it, while it can not be had', async () => {
      finds = [found('a'), unreachable(), found('a')];
      ask({ watch: 2 }, over);
      await clock.advance(2500);
      expect(shown).toContain('a\x1b[K\nno answer now: it does not answer; look whether it runs\x1b[K\n');
      await clock.advance(2000);
      expect(shown).toMatch(/\[3A\rNAME.*\n.*a.*\n\S+\[J$/);
    });

    it('gives the terminal back also where the program exits in the middle', async () => {
      ask({ watch: 1 }, over);
      await clock.advance(500);
      for (const work of exits) work();
      expect(shown.endsWith(RESTORED)).toBe(true);
    });
  });
});

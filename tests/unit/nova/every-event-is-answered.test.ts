import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ExternalEvent } from '../../../src/domain/debt.js';
import type { Fault } from '../../../src/simulator/cloud/trouble.js';
import { calm, plugged, setUp, uuid } from './setup.js';

/** Servers 0 to 3 are known, 4 to 7 have no host, 8 to 11 are unknown; the port of server 12 is what Nova refuses. */
const event = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 12 }).map(plugged) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 12 }).map((number) => ({ ...plugged(number), tag: 'no-uuid' })),
  },
);

const fault = fc.option(
  fc.oneof(
    fc
      .constantFrom(400, 401, 403, 404, 413, 429, 500, 503)
      .map((status): Fault => ({ kind: 'status', status })),
    fc.constantFrom<Fault>(
      { kind: 'garbage' },
      { kind: 'cut', when: 'before' },
      { kind: 'cut', when: 'after' },
    ),
  ),
  { nil: undefined },
);

const scene = fc.record({
  events: fc.array(event, { maxLength: 40 }),
  fault,
  requests: fc.integer({ min: 1, max: 4 }),
  noneAcceptedStatus: fc.constantFrom(207 as const, 404 as const),
  maxBodyBytes: fc.constantFrom(114_688, 1_000),
});

type Told = Awaited<ReturnType<Awaited<ReturnType<typeof setUp>>['client']['tell']>>[number];

/** Whether an answer can be given to an event: an accepted one was heard, a rejected one deserves it. */
function isTrue(
  said: ExternalEvent,
  answer: Told | undefined,
  heard: readonly { readonly tag?: string | undefined }[],
): boolean {
  switch (answer?.kind) {
    case 'accepted':
      return heard.some(({ tag }) => tag === said.tag);
    case 'rejected':
      return [400, 404, 413, 422].includes(answer.code);
    case 'unreachable':
      return answer.detail !== '';
    case undefined:
      return false;
  }
}

it('gives every event exactly one answer, in order, whatever Nova does', async () => {
  const { cloud, client } = await setUp();
  for (const number of [0, 1, 2, 3, 12]) cloud.nova.addServer(uuid('server', number));
  for (const number of [4, 5, 6, 7]) cloud.nova.addServer(uuid('server', number), { hasHost: false });
  cloud.nova.poison = uuid('port', 12);
  await fc.assert(
    fc.asyncProperty(scene, async ({ events, fault, requests, noneAcceptedStatus, maxBodyBytes }) => {
      Object.assign(cloud.nova, { noneAcceptedStatus, maxBodyBytes });
      cloud.nova.heard.length = 0;
      cloud.nova.trouble.stop();
      if (fault !== undefined) cloud.nova.trouble.start(fault, { requests });
      const answers = await client.tell(events, calm);
      expect(answers).toHaveLength(events.length);
      events.forEach((said, index) =>
        expect([said, answers[index], isTrue(said, answers[index], cloud.nova.heard)]).toEqual([
          said,
          answers[index],
          true,
        ]),
      );
    }),
    { numRuns: 200 },
  );
});

it('without trouble gives each event the answer that is its own', async () => {
  const { cloud, client } = await setUp();
  for (const number of [0, 1, 2, 3, 12]) cloud.nova.addServer(uuid('server', number));
  for (const number of [4, 5, 6, 7]) cloud.nova.addServer(uuid('server', number), { hasHost: false });
  cloud.nova.poison = uuid('port', 12);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      expect(await client.tell(events, calm)).toEqual(events.map(deservedAnswer));
    }),
    { numRuns: 100 },
  );
});

function deservedAnswer({ server_uuid, tag }: ExternalEvent): Told {
  const number = parseInt(server_uuid.slice(-4), 16);
  if (tag === 'no-uuid' || number === 12) return { kind: 'rejected', code: 400 };
  if (number < 4) return { kind: 'accepted' };
  return { kind: 'rejected', code: number < 8 ? 422 : 404 };
}

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DescribedPort } from '../../src/views/port.js';
import { ask } from './ask.js';
import type { Answered } from './ask.js';
import { duration } from './words.js';

/** What is looked for from elsewhere on the page: a new one each time, also for the same port. */
export interface Wanted {
  readonly what: string;
}

/** Finds a port and tells its story. */
export function Search({ wanted }: { readonly wanted: Wanted }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [found, setFound] = useState<Answered<{ readonly ports: readonly DescribedPort[] }>>({});
  const find = async (what: string): Promise<void> => {
    setFound({}); // what was found before is no answer to this
    setFound(await ask(`ports/${encodeURIComponent(what)}`));
  };
  useEffect(() => {
    if (wanted.what === '' || field.current === null) return;
    field.current.value = wanted.what;
    field.current.focus();
    void find(wanted.what);
  }, [wanted]);
  const { answer, error } = found;
  return (
    <>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const what = field.current?.value.trim() ?? '';
          if (what !== '') void find(what);
        }}
      >
        <label for="wanted">Port, MAC address, device or Nova server</label>
        <input id="wanted" ref={field} type="text" autocomplete="off" spellcheck={false} />
        <button type="submit">Explain</button>
      </form>
      <div aria-live="polite">
        {error !== undefined && <p class="error">{error}</p>}
        {answer?.ports.map((port) => (
          <Story key={port.portId} port={port} />
        ))}
      </div>
    </>
  );
}

function Story({ port }: { readonly port: DescribedPort }): JSX.Element {
  const { portId, host, neutronStatus, leftMs, stage, nextStep, advice, timeline } = port;
  return (
    <article class="story">
      <h3>{portId}</h3>
      <p>
        {neutronStatus ?? 'unknown to Neutron'}, bound to {host ?? 'no host'}
        {leftMs !== undefined && `; Nova waits for it, and gives up in ${duration(leftMs)}`}
      </p>
      <dl>
        <dt>Stage</dt>
        <dd>
          <code>{stage}</code>
        </dd>
        <dt>Next step</dt>
        <dd>
          <code>{nextStep}</code>
        </dd>
      </dl>
      <p>{advice}</p>
      <ol class="timeline">
        {timeline.map(({ atMs, where, what }, index) => (
          <li key={index}>
            <time>{atMs === undefined ? 'now' : new Date(atMs).toISOString()}</time> <b>{where}</b> {what}
          </li>
        ))}
      </ol>
    </article>
  );
}

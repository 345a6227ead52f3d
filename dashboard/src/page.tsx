import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Charts } from './charts.js';
import { Chassis } from './chassis.js';
import { Controls } from './controls.js';
import { EMPTY, follow } from './live.js';
import type { Scene } from './live.js';
import { Picture } from './picture.js';
import { Search } from './search.js';
import type { Wanted } from './search.js';
import { QuarantineTable, ServerTable, StuckTable } from './tables.js';
import { applyTheme, firstTheme, keepTheme } from './theme.js';
import { time } from './words.js';

export function Page(): JSX.Element {
  const [scene, setScene] = useState<Scene>(EMPTY);
  const [theme, setTheme] = useState(firstTheme);
  const [wanted, setWanted] = useState<Wanted>({ what: '' });
  useEffect(() => follow(setScene), []);
  applyTheme(theme);
  const { now, pace, ticks, happenings, trouble } = scene;
  const turn = (): void => {
    const other = theme === 'dark' ? 'light' : 'dark';
    keepTheme(other);
    setTheme(other);
  };
  return (
    <>
      <a class="skip" href="#main">
        Skip to what is shown
      </a>
      <header>
        <h1>Port Status Sync</h1>
        <p role="status" class={trouble === undefined ? '' : 'error'}>
          {trouble === undefined ? `live, as ${whose(now)}` : `not live: ${trouble}`}
        </p>
        <button type="button" onClick={turn} aria-pressed={theme === 'dark'}>
          Dark
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <section aria-labelledby="path">
          <h2 id="path">The path of a report</h2>
          {now === undefined ? (
            <p>waiting for the first overview …</p>
          ) : (
            <div class="scroll" tabIndex={0} role="region" aria-label="Picture of the path">
              <Picture now={now} pace={pace} />
            </div>
          )}
        </section>
        {now?.isDemo === true && <Controls />}
        <section aria-labelledby="search">
          <h2 id="search">Why is my port DOWN?</h2>
          <Search wanted={wanted} />
        </section>
        <section aria-labelledby="stuck">
          <h2 id="stuck">Ports that Nova waits for</h2>
          <StuckTable find={(what) => setWanted({ what })} />
        </section>
        <section aria-labelledby="charts">
          <h2 id="charts">The last five minutes</h2>
          <Charts ticks={ticks} theme={theme} whose={now?.server === undefined ? '' : `by ${now.server}: `} />
        </section>
        <section aria-labelledby="servers">
          <h2 id="servers">Servers</h2>
          {now !== undefined && <ServerTable listeners={now.listeners} pace={pace} />}
        </section>
        <section aria-labelledby="quarantine">
          <h2 id="quarantine">Reports that can never be written</h2>
          <QuarantineTable />
        </section>
        <section aria-labelledby="happened">
          <h2 id="happened">What happened since this page was opened</h2>
          <ol class="happenings" aria-live="polite">
            {happenings.map(({ atMs, what, isBad }) => (
              <li key={`${atMs} ${what}`} class={isBad ? 'bad' : ''}>
                <time>{time(atMs)}</time> {what}
              </li>
            ))}
            {happenings.length === 0 && <li>nothing yet</li>}
          </ol>
        </section>
        <section aria-labelledby="chassis">
          <h2 id="chassis">Chassis</h2>
          <Chassis />
        </section>
      </main>
    </>
  );
}

function whose(now: Scene['now']): string {
  return now?.server === undefined ? 'the demo sees it' : `${now.server} sees it`;
}

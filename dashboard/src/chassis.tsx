import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ChassisCount, ListedChassis } from '../../src/views/chassis.js';
import { useAnswer } from './ask.js';
import { CHASSIS, chassisPath, FIRST_CHASSIS } from './questions.js';
import type { WantedChassis } from './questions.js';
import { Table } from './table.js';
import type { Column } from './table.js';
import { count, duration } from './words.js';

interface ChassisPage {
  readonly count: ChassisCount;
  readonly found: number;
  readonly chassis: readonly ListedChassis[];
}

/** How chassis stand. */
export function Chassis(): JSX.Element {
  const [wanted, setWanted] = useState(FIRST_CHASSIS);
  const { answer, error, isOld } = useAnswer<ChassisPage>(chassisPath(wanted), CHASSIS.everyMs);
  return (
    <>
      <Filter wanted={wanted} counted={answer?.count} want={setWanted} />
      {error !== undefined && <p class="error">{error}</p>}
      {answer?.found === 0 && !isOld && (
        <p>
          No chassis is {wanted.state}
          {wanted.name !== '' && ` and has “${wanted.name}” in its name`}.
        </p>
      )}
      {answer !== undefined && answer.found > 0 && (
        <>
          <Table
            label="Table of chassis"
            columns={COLUMNS}
            rows={answer.chassis}
            keyOf={({ chassis }) => chassis}
          />
          <Pages wanted={wanted} page={answer} isOld={isOld} want={setWanted} />
        </>
      )}
    </>
  );
}

const STATES = ['lapsed', 'late', 'live'] as const;

function Filter(props: {
  readonly wanted: WantedChassis;
  readonly counted: ChassisCount | undefined;
  readonly want: (wanted: WantedChassis) => void;
}): JSX.Element {
  const { wanted, counted, want } = props;
  return (
    <div class="filter">
      <fieldset class="choice">
        <legend>Which</legend>
        {STATES.map((state) => (
          <label key={state}>
            <input
              type="radio"
              name="chassis"
              checked={state === wanted.state}
              onChange={() => want({ ...wanted, state, behind: [] })}
            />
            {` ${state}${counted === undefined ? '' : ` (${count(counted[state])})`}`}
          </label>
        ))}
      </fieldset>
      <label>
        {'Name has '}
        <input
          type="search"
          autocomplete="off"
          spellcheck={false}
          onChange={({ currentTarget }) => want({ ...wanted, name: currentTarget.value.trim(), behind: [] })}
        />
      </label>
    </div>
  );
}

const COLUMNS: readonly Column<ListedChassis>[] = [
  { head: 'Chassis', cell: ({ chassis }) => chassis },
  { head: 'Heard of', cell: ({ ageMs }) => `${duration(ageMs)} ago` },
  { head: 'Complete', cell: ({ isComplete }) => (isComplete ? 'yes' : 'no') },
  { head: 'Held back', cell: heldBy },
  { head: 'Agent', cell: ({ version }) => version ?? '–' },
];

function heldBy({ hold, isKept }: ListedChassis): string {
  if (isKept) return 'DOWN of all its ports';
  return hold === undefined ? '–' : `DOWN of ${hold.ports}`;
}

/** A button that leads nowhere now stays where it is, so that it does not lose the keyboard's focus. */
function Pages(props: {
  readonly wanted: WantedChassis;
  readonly page: ChassisPage;
  /** Whether another page is awaited. */
  readonly isOld: boolean;
  readonly want: (wanted: WantedChassis) => void;
}): JSX.Element {
  const { wanted, page, isOld, want } = props;
  const { behind } = wanted;
  const first = behind.length * CHASSIS.page + 1;
  const last = first + page.chassis.length - 1;
  const name = page.chassis.at(-1)?.chassis;
  const before = isOld || behind.length === 0 ? undefined : behind.slice(0, -1);
  const next = isOld || last >= page.found || name === undefined ? undefined : [...behind, name];
  return (
    <div class="choice">
      {[
        { word: 'Before', leadsTo: before },
        { word: 'Next', leadsTo: next },
      ].map(({ word, leadsTo }) => (
        <button
          key={word}
          type="button"
          aria-disabled={leadsTo === undefined}
          onClick={() => leadsTo !== undefined && want({ ...wanted, behind: leadsTo })}
        >
          {word}
        </button>
      ))}
      <span role="status">
        {isOld ? 'asking …' : `${[first, last].map(exactly).join(' to ')} of ${exactly(page.found)}`}
      </span>
    </div>
  );
}

function exactly(value: number): string {
  return value.toLocaleString('en');
}

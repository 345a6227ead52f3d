import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Overview } from '../../src/http/overview.js';
import type { ChassisCount, ListedChassis } from '../../src/views/chassis.js';
import type { StuckPort } from '../../src/views/port.js';
import { useAnswer } from './ask.js';
import { count, duration } from './words.js';

export function ServerTable({ listeners }: Pick<Overview, 'listeners'>): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of servers">
      <table>
        <thead>
          <tr>
            {['Server', 'State', 'Heard of', 'Waiting', 'Share', 'Program'].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {listeners.map(({ id, state, ageMs, backlog, share, program }) => (
            <tr key={id}>
              <th scope="row">{id}</th>
              <td>
                <span class={`state-${state}`}>{state}</span>
              </td>
              <td>{duration(ageMs)} ago</td>
              <td class="number">{count(backlog)}</td>
              <td class="number">{Math.round(share * 100)} %</td>
              <td>{program}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** @param find called with a port whose story is wanted. */
export function StuckTable({ find }: { readonly find: (portId: string) => void }): JSX.Element {
  const { answer, error } = useAnswer<{ readonly ports: readonly StuckPort[] }>('stuck?limit=50', 5000);
  if (error !== undefined) return <p class="error">{error}</p>;
  if (answer === undefined) return <p>asking …</p>;
  if (answer.ports.length === 0) return <p>Nova waits for no port.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of ports that Nova waits for">
      <table>
        <thead>
          <tr>
            {['Port', 'Host', 'Time left', 'Stage', 'Next step'].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.ports.map(({ portId, host, leftMs, stage, nextStep }) => (
            <tr key={portId}>
              <th scope="row">
                <button type="button" class="link" onClick={() => find(portId)}>
                  {portId}
                </button>
              </th>
              <td>{host ?? '–'}</td>
              <td class="number">{duration(leftMs)}</td>
              <td>{stage}</td>
              <td>{nextStep}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ChassisPage {
  readonly count: ChassisCount;
  readonly chassis: readonly ListedChassis[];
}

const STATES = ['lapsed', 'late', 'live'] as const;

export function ChassisTable(): JSX.Element {
  const [state, setState] = useState<(typeof STATES)[number]>('lapsed');
  const { answer, error } = useAnswer<ChassisPage>(`chassis?limit=100&state=${state}`, 10_000);
  return (
    <>
      <fieldset class="choice">
        <legend>Which</legend>
        {STATES.map((one) => (
          <label key={one}>
            <input type="radio" name="chassis" checked={one === state} onChange={() => setState(one)} />
            {` ${one}${answer === undefined ? '' : ` (${count(answer.count[one])})`}`}
          </label>
        ))}
      </fieldset>
      {error !== undefined && <p class="error">{error}</p>}
      {answer?.chassis.length === 0 && <p>No chassis is {state}.</p>}
      {answer !== undefined && answer.chassis.length > 0 && <ChassisRows chassis={answer.chassis} />}
    </>
  );
}

function ChassisRows({ chassis }: Pick<ChassisPage, 'chassis'>): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of chassis">
      <table>
        <thead>
          <tr>
            {['Chassis', 'Heard of', 'Complete', 'Held back', 'Agent'].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chassis.map(({ chassis: name, ageMs, isComplete, hold, isKept, version }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{duration(ageMs)} ago</td>
              <td>{isComplete ? 'yes' : 'no'}</td>
              <td>{isKept ? 'DOWN of all its ports' : hold === undefined ? '–' : `DOWN of ${hold.ports}`}</td>
              <td>{version ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

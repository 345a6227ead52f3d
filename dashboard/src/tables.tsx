import type { JSX } from 'preact';
import type { Overview } from '../../src/http/overview.js';
import type { StuckPort } from '../../src/views/port.js';
import { useAnswer } from './ask.js';
import { STUCK } from './questions.js';
import { Table } from './table.js';
import type { Column } from './table.js';
import { count, duration } from './words.js';

const SERVERS: readonly Column<Overview['listeners'][number]>[] = [
  { head: 'Server', cell: ({ id }) => id },
  { head: 'State', cell: ({ state }) => <span class={`state-${state}`}>{state}</span> },
  { head: 'Heard of', cell: ({ ageMs }) => `${duration(ageMs)} ago` },
  { head: 'Waiting', isNumber: true, cell: ({ backlog }) => count(backlog) },
  { head: 'Share', isNumber: true, cell: ({ share }) => `${Math.round(share * 100)} %` },
  { head: 'Program', cell: ({ program }) => program },
];

export function ServerTable({ listeners }: Pick<Overview, 'listeners'>): JSX.Element {
  return <Table label="Table of servers" columns={SERVERS} rows={listeners} keyOf={({ id }) => id} />;
}

/** @param find called with a port whose story is wanted. */
export function StuckTable({ find }: { readonly find: (portId: string) => void }): JSX.Element {
  const { answer, error } = useAnswer<{ readonly ports: readonly StuckPort[] }>(STUCK.path, STUCK.everyMs);
  if (error !== undefined) return <p class="error">{error}</p>;
  if (answer === undefined) return <p>asking …</p>;
  if (answer.ports.length === 0) return <p>Nova waits for no port.</p>;
  const columns: readonly Column<StuckPort>[] = [
    {
      head: 'Port',
      cell: ({ portId }) => (
        <button type="button" class="link" onClick={() => find(portId)}>
          {portId}
        </button>
      ),
    },
    { head: 'Host', cell: ({ host }) => host ?? '–' },
    { head: 'Time left', isNumber: true, cell: ({ leftMs }) => duration(leftMs) },
    { head: 'Stage', cell: ({ stage }) => stage },
    { head: 'Next step', cell: ({ nextStep }) => nextStep },
  ];
  return (
    <Table
      label="Table of ports that Nova waits for"
      columns={columns}
      rows={answer.ports}
      keyOf={({ portId }) => portId}
    />
  );
}

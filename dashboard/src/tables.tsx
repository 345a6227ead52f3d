import type { JSX } from 'preact';
import type { Overview } from '../../src/http/overview.js';
import type { StuckList, StuckPort } from '../../src/views/port.js';
import type { QuarantinedReport } from '../../src/views/quarantine.js';
import { useAnswer } from './ask.js';
import type { Pace } from './pace.js';
import { QUARANTINE, STUCK } from './questions.js';
import { Table } from './table.js';
import type { Column } from './table.js';
import { count, duration, percent, rate } from './words.js';

type Listener = Overview['listeners'][number];

/** @param pace what each of them does; absent before it is known. */
function serverColumns(pace: Pace | undefined): readonly Column<Listener>[] {
  const known = <T,>(value: T | undefined, show: (value: T) => string): string =>
    value === undefined ? '–' : show(value);
  return [
    { head: 'Server', cell: ({ id }) => id },
    { head: 'State', cell: ({ state }) => <span class={`state-${state}`}>{state}</span> },
    { head: 'Heard of', cell: ({ ageMs }) => `${duration(ageMs)} ago` },
    { head: 'Waiting', isNumber: true, cell: ({ backlog }) => count(backlog) },
    { head: 'Given', isNumber: true, cell: ({ id }) => known(pace?.byServer.get(id)?.received, rate) },
    { head: 'Written', isNumber: true, cell: ({ id }) => known(pace?.byServer.get(id)?.written, rate) },
    { head: 'Share of the work', isNumber: true, cell: ({ id }) => known(pace?.shares.get(id), percent) },
    { head: 'Program', cell: ({ program }) => program },
  ];
}

export function ServerTable({
  listeners,
  pace,
}: {
  readonly listeners: readonly Listener[];
  readonly pace: Pace | undefined;
}): JSX.Element {
  return (
    <Table label="Table of servers" columns={serverColumns(pace)} rows={listeners} keyOf={({ id }) => id} />
  );
}

/** @param find called with a port whose story is wanted. */
export function StuckTable({ find }: { readonly find: (portId: string) => void }): JSX.Element {
  const { answer, error } = useAnswer<StuckList>(STUCK.path, STUCK.everyMs);
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
    { head: 'Last word', cell: ({ isUnplugged }) => (isUnplugged ? 'unplugged' : '') },
  ];
  return (
    <>
      <Table
        label="Table of ports that Nova waits for"
        columns={columns}
        rows={answer.ports}
        keyOf={({ portId }) => portId}
      />
      {answer.isCut && <p>… and more: “port-status stuck” lists them.</p>}
    </>
  );
}

export function QuarantineTable(): JSX.Element {
  const { path, everyMs } = QUARANTINE;
  const { answer, error } = useAnswer<{ readonly reports: readonly QuarantinedReport[] }>(path, everyMs);
  if (error !== undefined) return <p class="error">{error}</p>;
  if (answer === undefined) return <p>asking …</p>;
  if (answer.reports.length === 0) return <p>None is in quarantine.</p>;
  const columns: readonly Column<QuarantinedReport>[] = [
    { head: 'Report', cell: ({ id }) => id },
    { head: 'Set aside', cell: ({ ageMs }) => `${duration(ageMs)} ago` },
    { head: 'Why', cell: ({ reason }) => reason },
    { head: 'Next step', cell: ({ nextStep, advice }) => <span title={advice}>{nextStep}</span> },
  ];
  return (
    <Table
      label="Table of reports in quarantine"
      columns={columns}
      rows={answer.reports}
      keyOf={({ id }) => id}
    />
  );
}

import type { ComparedPort } from '../../neutron/neutron.js';
import { printable } from '../table.js';
import type { Account } from './account.js';
import { KINDS } from './finding.js';
import type { Finding } from './finding.js';
import { REASONS_TO_LEAVE } from './mend.js';
import type { End, Ended } from './mend.js';

type Write = (text: string) => void;

/** How a run is told: each change as it is found, so that none is kept, and the sum in the end. */
export interface Teller {
  change(ended: Ended): void;
  end(account: Account): void;
}

export function tellInLines(write: Write): Teller {
  return {
    change: (ended) => write(`${printable(lineOf(ended))}\n`),
    end: (account) => write([...account.silentPorts.map(silentLine), ...sumOf(account), ''].join('\n')),
  };
}

function lineOf({ finding, end }: Ended): string {
  const { kind, portId, chassis } = finding;
  return `${kind.padEnd(13)}  ${portId}  on ${chassis}: ${stateOf(finding)}${endInWords(finding, end)}`;
}

function stateOf({ kind, neutronStatus, reported, verdict, reason, owed }: Finding): string {
  if (owed !== undefined) {
    const { word, ageMs, attempts } = owed;
    const said = attempts === 0 ? '' : `, said ${attempts} times in vain`;
    return `Nova is owed "${word}" for ${Math.round(ageMs / 1000)} s${said}`;
  }
  if (kind === 'lost-entry') return 'its report is pending, and no server is told of it';
  return `Neutron ${neutronStatus ?? '-'}, reported ${reported ?? '-'}; ${verdict ?? '-'} (${reason ?? '-'})`;
}

function endInWords({ wouldWrite }: Finding, end: End): string {
  if (end.kind === 'mended') return end.wrote === '' ? '; a server was faster' : `; wrote ${end.wrote}`;
  const would = wouldWrite === '' ? '' : `; would write ${wouldWrite}`;
  return end.why === 'dry-run' ? would : `${would}; left: ${REASONS_TO_LEAVE[end.why]}`;
}

function silentLine({ portId, host }: ComparedPort): string {
  return `${'silent'.padEnd(13)}  ${portId}  on ${host ?? '-'}: Neutron ACTIVE, and its chassis never said anything; left as it is`;
}

function sumOf({ found, mended, left, silent, silentPorts, read }: Account): readonly string[] {
  const kinds = KINDS.map((kind) => `${found[kind]} ${kind}`).join(', ');
  const more = silent > silentPorts.length ? ` (the first ${silentPorts.length} are listed)` : '';
  return [
    `compared ${read.ledger} ledger rows, ${read.records} northbound records, ${read.ports} ports of Neutron`,
    `found ${kinds}: ${mended} mended, ${left} left`,
    `${silent} silent${more}: silence is no evidence, they are never changed`,
  ];
}

/** One object, written piece by piece. */
export function tellInJson(write: Write, isDryRun: boolean): Teller {
  let separator = '';
  write(`{"dryRun":${isDryRun},"changes":[`);
  return {
    change: (ended) => {
      write(separator + JSON.stringify(toJson(ended)));
      separator = ',';
    },
    end: ({ found, mended, left, silent, silentPorts, read, exitCode }) => {
      const ports = silentPorts.map(({ portId, host }) => ({ portId, host }));
      const rest = JSON.stringify({
        silentPorts: ports,
        counts: { found, mended, left, silent, read },
        exitCode,
      });
      write(`],${rest.slice(1)}\n`);
    },
  };
}

function toJson({ finding, end }: Ended): object {
  const { kind, portId, chassis, neutronStatus, reported, verdict, reason, wouldWrite, owed } = finding;
  const { word, ageMs, attempts } = owed ?? {};
  const state = { kind, portId, host: chassis, neutronStatus, reported, verdict, reason, wouldWrite };
  return end.kind === 'mended'
    ? { ...state, end: end.kind, wrote: end.wrote }
    : { ...state, word, ageMs, attempts, end: end.kind, why: end.why };
}

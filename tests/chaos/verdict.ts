/** What the checker looks at, as others than the product say it. It imports nothing. */
export interface Evidence {
  /** Ports that are wired on some switch at this moment, and when each was plugged, as ovs-vsctl says. */
  readonly wired: ReadonlyMap<string, number>;
  /** Each port's status and the blocks that are left, `ACTIVE ` or `DOWN L2`, as SQL says. */
  readonly neutron: ReadonlyMap<string, string>;
  /** What Nova heard of each port last, and when, in milliseconds since 1970. */
  readonly nova: ReadonlyMap<string, { readonly word: string; readonly at: number }>;
  /** Ports that were ever plugged. */
  readonly known: ReadonlySet<string>;
}

/** What is wrong, a line for each port; nothing where the switch, Neutron and Nova agree. */
export function complaintsOf(evidence: Evidence): readonly string[] {
  return [...evidence.neutron.keys()].flatMap((port) => complaintsAbout(port, evidence));
}

function complaintsAbout(port: string, { wired, neutron, nova, known }: Evidence): readonly string[] {
  const since = wired.get(port);
  const wanted = since === undefined ? 'DOWN L2' : 'ACTIVE ';
  const found = neutron.get(port);
  const last = nova.get(port);
  const complaints: string[] = [];
  if (found !== wanted)
    complaints.push(`${port} is "${String(found)}" in Neutron, and should be "${wanted}"`);
  if (since !== undefined && (last?.word !== 'network-vif-plugged' || last.at < since))
    complaints.push(`${port} was plugged at ${time(since)}, and Nova last heard ${said(last)}`);
  if (since === undefined && known.has(port) && last?.word === 'network-vif-plugged')
    complaints.push(`${port} is unplugged, and Nova last heard ${said(last)}`);
  return complaints;
}

function said(last: { readonly word: string; readonly at: number } | undefined): string {
  return last === undefined ? 'nothing' : `${last.word} at ${time(last.at)}`;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

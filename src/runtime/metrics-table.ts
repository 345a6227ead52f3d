/** The programs that serve `/metrics`. */
export type Program = 'agent' | 'server';

/** What is to be known of one metric. */
export interface Row {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  /** Whose it is; both programs' where it is not said. */
  readonly of?: Program;
  readonly labels?: readonly string[];
  /** Upper bounds in seconds, for a histogram. */
  readonly buckets?: readonly number[];
}

/** Upper bounds of histograms. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Every metric, once. docs/operating/metrics.md is printed from it. */
export const METRICS = {
  buildInfo: {
    type: 'gauge',
    name: 'port_status_build_info',
    help: 'Always 1; its labels say which program this is, of which version, and on which Node.js.',
    labels: ['program', 'version', 'node'],
  },
  // agent
  agentPorts: {
    type: 'gauge',
    of: 'agent',
    name: 'port_status_agent_ports',
    help: 'Logical ports on the switch now, by status.',
    labels: ['status'],
  },
  agentPublished: {
    type: 'counter',
    of: 'agent',
    name: 'port_status_agent_published_total',
    help: 'Reports stored in the northbound database.',
  },
  agentUnpublished: {
    type: 'gauge',
    of: 'agent',
    name: 'port_status_agent_unpublished',
    help: 'Ports whose newest report is not stored yet.',
  },
  agentUnconfirmed: {
    type: 'gauge',
    of: 'agent',
    name: 'port_status_agent_unconfirmed',
    help: 'Ports that the switch records but has not confirmed since it started; what was last said of them stays.',
  },
  agentHeld: {
    type: 'gauge',
    of: 'agent',
    name: 'port_status_agent_held',
    help: 'DOWN reports held back by the guard until they are approved or confirmed.',
  },
  agentResyncs: {
    type: 'counter',
    of: 'agent',
    name: 'port_status_agent_resyncs_total',
    help: 'Full comparisons of the switch with what was said.',
    labels: ['cause'],
  },
  agentIgnored: {
    type: 'counter',
    of: 'agent',
    name: 'port_status_agent_ignored_total',
    help: 'Interfaces of the bridge that were left alone.',
    labels: ['reason'],
  },
  // connections
  connected: {
    type: 'gauge',
    name: 'port_status_connected',
    help: '1 while the connection answers, else 0.',
    labels: ['to'],
  },
  connectionFailures: {
    type: 'counter',
    name: 'port_status_connection_failures_total',
    help: 'Calls that found a dependency unreachable.',
    labels: ['to'],
  },
  northboundEndpointUp: {
    type: 'gauge',
    name: 'port_status_northbound_endpoint_up',
    help: '1 while there is a connection to this address of the northbound database, else 0.',
    labels: ['endpoint'],
  },
  // server
  joined: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_listener_joined',
    help: '1 while this server is registered and keeps its lease.',
  },
  joins: {
    type: 'counter',
    of: 'server',
    name: 'port_status_listener_joins_total',
    help: 'Registrations of this server.',
  },
  backlog: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_backlog',
    help: "Reports pending in this server's topic.",
  },
  oldest: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_oldest_pending_seconds',
    help: "How long the oldest report of this server's topic has waited.",
  },
  received: {
    type: 'counter',
    of: 'server',
    name: 'port_status_received_total',
    help: 'Reports given to this server.',
  },
  unreadable: {
    type: 'counter',
    of: 'server',
    name: 'port_status_unreadable_total',
    help: 'Reports left pending, because their wire version is newer than ours.',
  },
  judged: {
    type: 'counter',
    of: 'server',
    name: 'port_status_judged_total',
    help: 'Verdicts that were committed.',
    labels: ['verdict', 'occasion'],
  },
  written: {
    type: 'counter',
    of: 'server',
    name: 'port_status_written_total',
    help: "Statuses written to Neutron's ports.",
    labels: ['status'],
  },
  applySeconds: {
    type: 'histogram',
    of: 'server',
    name: 'port_status_apply_seconds',
    help: 'Duration of one applying transaction.',
    buckets: SECONDS,
  },
  commitLatency: {
    type: 'histogram',
    of: 'server',
    name: 'port_status_commit_latency_seconds',
    help: 'From publication to the commit of the verdict.',
    buckets: SECONDS,
  },
  switchToCommit: {
    type: 'histogram',
    of: 'server',
    name: 'port_status_switch_to_commit_seconds',
    help: 'From when the agent saw it on the switch to the commit of the verdict, by the clocks of their hosts: clocks that differ show here. Without what was seen longer than nova.vif_plugging_timeout before it was published.',
    buckets: SECONDS,
  },
  applyRetries: {
    type: 'counter',
    of: 'server',
    name: 'port_status_apply_retries_total',
    help: 'Transactions repeated after a conflict.',
  },
  outages: {
    type: 'counter',
    of: 'server',
    name: 'port_status_outages_total',
    help: 'Times the Neutron database refused to work; nothing was acknowledged meanwhile.',
    labels: ['kind'],
  },
  quarantined: {
    type: 'counter',
    of: 'server',
    name: 'port_status_quarantined_total',
    help: 'Reports put into quarantine.',
  },
  quarantine: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_quarantine',
    help: "Reports in quarantine now, of all servers. Read from Neutron's database every ten seconds at most; absent while that does not answer.",
  },
  paused: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_paused',
    help: '1 while an operator has paused all writing.',
  },
  adopted: {
    type: 'counter',
    of: 'server',
    name: 'port_status_adopted_total',
    help: 'Pending reports moved from nobody to a live server.',
  },
  putBack: {
    type: 'counter',
    of: 'server',
    name: 'port_status_put_back_total',
    help: 'Pending reports whose entry in a topic somebody had removed; they are in it again.',
  },
  takeovers: {
    type: 'counter',
    of: 'server',
    name: 'port_status_takeovers_total',
    help: 'Lapsed servers whose topic was taken over.',
  },
  looks: {
    type: 'counter',
    of: 'server',
    name: 'port_status_looks_total',
    help: 'Ledger rows judged again.',
    labels: ['occasion'],
  },
  swept: {
    type: 'counter',
    of: 'server',
    name: 'port_status_swept_total',
    help: 'Ledger rows compared with Neutron by the sweep.',
  },
  chassisSilent: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_chassis_silent',
    help: 'Chassis whose agent has been silent for chassis.downAfterMs, as this server observed it.',
  },
  chassisHeld: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_chassis_held',
    help: 'Silent chassis whose ports keep their status, because so many are silent at once. Shown by the server that would act.',
  },
  chassisDowned: {
    type: 'counter',
    of: 'server',
    name: 'port_status_chassis_downed_total',
    help: 'Silent chassis whose ports this server reported DOWN.',
  },
  // tracing
  spansSent: {
    type: 'counter',
    name: 'port_status_spans_sent_total',
    help: 'Spans that the collector took, where tracing is on.',
  },
  spansDropped: {
    type: 'counter',
    name: 'port_status_spans_dropped_total',
    help: 'Spans that were dropped: the collector was away for so long that the queue was full, refused them, or they were left at the end.',
    labels: ['why'],
  },
  // Nova
  novaTold: {
    type: 'counter',
    of: 'server',
    name: 'port_status_nova_told_total',
    help: 'Words that Nova accepted.',
    labels: ['word'],
  },
  novaDropped: {
    type: 'counter',
    of: 'server',
    name: 'port_status_nova_dropped_total',
    help: 'Words given up by rule.',
    labels: ['why'],
  },
  novaOvertaken: {
    type: 'counter',
    of: 'server',
    name: 'port_status_nova_overtaken_total',
    help: 'Words never told, because a newer one of the same port was.',
  },
  novaRetries: {
    type: 'counter',
    of: 'server',
    name: 'port_status_nova_retries_total',
    help: 'Words that have to be said again.',
  },
  novaRequests: {
    type: 'counter',
    of: 'server',
    name: 'port_status_nova_requests_total',
    help: 'Requests to Nova, by HTTP status (0: no answer).',
    labels: ['status'],
  },
  novaAlarm: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_nova_alarm',
    help: '1 while Nova or Keystone refuses us until someone mends it; the log says what.',
  },
  novaOwed: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_nova_owed',
    help: 'Words that Nova is owed now, by all servers; read as port_status_quarantine is.',
  },
  novaOldestOwed: {
    type: 'gauge',
    of: 'server',
    name: 'port_status_nova_oldest_owed_seconds',
    help: 'How long the oldest of these has been owed; 0 where nothing is.',
  },
  novaLatency: {
    type: 'histogram',
    of: 'server',
    name: 'port_status_nova_latency_seconds',
    help: 'From the debt to Nova accepting the word.',
    buckets: SECONDS,
  },
  switchToNova: {
    type: 'histogram',
    of: 'server',
    name: 'port_status_switch_to_nova_seconds',
    help: 'From when the agent saw it on the switch to Nova accepting "plugged", by the clocks of their hosts: clocks that differ show here. Without what was seen longer than nova.vif_plugging_timeout before it became owed.',
    buckets: SECONDS,
  },
} as const satisfies Readonly<Record<string, Row>>;

import { ageOf, checkAnswers, fails, holds } from '../runtime/check.js';
import type { Check } from '../runtime/check.js';
import type { Reply } from '../runtime/question.js';
import type { AgentHealth } from './health.js';

/** What an agent's readiness is judged by. Times are of the monotonic clock. */
export interface Facts {
  /** When the questions were put. */
  readonly askedAtMs: number;
  readonly nowMs: number;
  readonly health: AgentHealth;
  readonly ofSwitch: Reply<void>;
  readonly northbound: Reply<string>;
  /** When the northbound database answered last. */
  readonly answeredAtMs: number | undefined;
  /** When the chassis record was written last. */
  readonly keptAtMs: number | undefined;
  readonly heartbeatMs: number;
  /** Since when the oldest report has waited to be stored. */
  readonly oldestMs: number | undefined;
}

/** A report that waits for longer is late: as long as one in a server's topic. */
const LATE_MS = 30_000;

/** So many heartbeats may be lost. */
const HEARTBEATS = 3;

/** What has to hold for an agent to do its work, in the order of a report's path. Documented in docs/operating/health.md. */
export function judgeReadiness(facts: Facts): readonly Check[] {
  return [
    checkSwitch(facts),
    checkNorthbound(facts),
    checkRegistration(facts),
    checkOutbasket(facts),
    checkComplete(facts),
  ];
}

function checkSwitch({ health, ofSwitch, askedAtMs, nowMs }: Facts): Check {
  const nextStep = 'look at ovsdb-server, and at switch.address and switch.bridge: "port-status doctor"';
  const found = ofSwitch.kind === 'failure' ? ofSwitch.error.message : undefined;
  const answeredAtMs = ofSwitch.kind === 'answer' ? nowMs : undefined;
  const failure = health.lostReason ?? found;
  return checkAnswers('switch', { askedAtMs, nowMs, answeredAtMs, failure }, nextStep);
}

function checkNorthbound({ health, northbound, answeredAtMs, askedAtMs, nowMs }: Facts): Check {
  const nextStep = 'look at the northbound database and the way to it: "port-status doctor"';
  const found = northbound.kind === 'failure' ? northbound.error.message : undefined;
  const isStored = health.northbound === 'up' || northbound.kind === 'silence';
  const failure = found ?? (isStored ? undefined : 'answers, but stores nothing of ours yet');
  return checkAnswers('northbound', { askedAtMs, nowMs, answeredAtMs, failure }, nextStep);
}

/** The heartbeat is written as reports are, and under the same registration. */
function checkRegistration({ keptAtMs, heartbeatMs, nowMs }: Facts): Check {
  const name = 'registration';
  const nextStep = 'nothing: it goes on by itself once "northbound" holds';
  if (keptAtMs === undefined) return fails(name, 'the chassis is not registered yet', nextStep);
  const ageMs = ageOf(keptAtMs, nowMs);
  return nowMs - keptAtMs > HEARTBEATS * heartbeatMs
    ? fails(name, `the chassis' last heartbeat was stored long ago`, nextStep, ageMs)
    : holds(name, "the chassis' last heartbeat was stored", ageMs);
}

function checkOutbasket({ health, oldestMs, nowMs }: Facts): Check {
  const name = 'outbasket';
  if (oldestMs === undefined) return holds(name, 'every report is stored');
  const detail = `${health.unpublished} ports wait to be published`;
  const ageMs = ageOf(oldestMs, nowMs);
  return nowMs - oldestMs > LATE_MS
    ? fails(name, detail, 'see docs/operating/runbook/agent-unpublished.md', ageMs)
    : holds(name, detail, ageMs);
}

function checkComplete({ health }: Facts): Check {
  const name = 'complete';
  const { complete, unpublished, held, unconfirmed } = health;
  if (complete) return holds(name, 'every port is published');
  const detail = `${unpublished} ports to publish, ${held} held back, ${unconfirmed} not confirmed by the switch`;
  const nextStep =
    held > 0
      ? 'see docs/operating/runbook/agent-holds.md'
      : 'nothing: it comes about by itself once the checks above hold and the switch has confirmed its ports';
  return fails(name, detail, nextStep);
}

import type { AgentStep } from './agents.js';
import type { NodeStep } from './chassis.js';
import type { NeutronStep } from './neutron-api.js';
import type { ServerStep } from './servers.js';
import type { CloudStep, Step } from './world.js';

/** What happens in a history, a line for each step, for whoever has to understand why it went wrong. */
export function tellStory(steps: readonly Step[]): readonly string[] {
  return steps.map((step, index) => `${String(index + 1).padStart(3)}. ${tellStep(step)}`);
}

function tellStep(step: Step): string {
  switch (step[0]) {
    case 'node':
      return `${step[1].chassis}: ${tellNodeStep(step[1])}`;
    case 'agent':
      return `${step[1].chassis}: ${tellAgentStep(step[1])}`;
    case 'neutron':
      return `Neutron: ${tellNeutronStep(step[1])}`;
    case 'server':
      return `server ${step[1].server + 1}: ${tellServerStep(step[1])}`;
    case 'cloud':
      return tellCloudStep(step[1]);
  }
}

function tellNodeStep(step: NodeStep): string {
  switch (step.kind) {
    case 'plug': {
      const instance = step.knowsInstance ? ', with its instance' : '';
      const plugging = step.isNew ? `a new plugging${instance}` : 'the plugging that it has, if any';
      return `the switch shows port ${step.port} ${step.status}: ${plugging}`;
    }
    case 'unplug':
      return `port ${step.port} is unplugged`;
    case 'switch-lost':
      return 'the switch says nothing any more';
    case 'switch-back':
      return 'the switch answers again';
    case 'host-boots':
      return 'the host boots: its ports are on record, and not confirmed';
    case 'switch-confirms':
      return 'the switch confirms its ports';
    case 'poison':
      return `somebody writes a report in its name that is ${step.how}`;
    case 'clock':
      return `the clock is set by ${step.by} ms`;
  }
}

function tellAgentStep(step: AgentStep): string {
  switch (step.kind) {
    case 'stops':
      return 'the agent stops';
    case 'starts':
      return 'an agent starts, where none runs';
    case 'twin':
      return 'another agent starts for the same chassis';
    case 'resumes':
      return 'the agent goes on, where it stands still';
    case 'restored':
      return 'the agent reaches the northbound database again';
    case 'dies':
      return `the agent dies ${tellCall(step)}`;
    case 'pauses':
      return `the agent stands still ${tellCall(step)}`;
    case 'late':
      return `what the agent publishes next is given up, and lands after ${step.ms} ms`;
    case 'slow':
      return `the agent waits for ${step.ms} ms ${tellCall(step)}`;
    case 'cut':
      return `the agent's ${step.loss} to and from the northbound database are lost from now on`;
  }
}

function tellNeutronStep(step: NeutronStep): string {
  const port = `port ${step.port}`;
  switch (step.kind) {
    case 'create':
      return `${port} is created on ${step.chassis}, as of kind ${step.like}${orDhcp(step.dhcp)}`;
    case 'bind':
      return `${port} is bound to ${step.chassis} as ${step.vifType}${orDhcp(step.dhcp)}`;
    case 'migrate':
      return `a live migration of ${port} to ${step.chassis} begins, by its ${step.by}`;
    case 'activate':
      return `the inactive binding of ${port} is activated`;
    case 'forgetInactive':
      return `the inactive binding of ${port} is deleted`;
    case 'needDhcp':
      return `${port} has to wait for DHCP`;
    case 'beginDhcp':
      return `DHCP is ready for ${port}; neutron-server looks for other blocks`;
    case 'endDhcp':
      return `neutron-server acts on what it saw of ${port} when DHCP was ready`;
    case 'raise':
    case 'lower':
      return `the administrative state of ${port} is ${step.kind === 'raise' ? 'up' : 'down'}`;
    case 'build':
      return `${port} is set to BUILD by an agent of Neutron's`;
    case 'delete':
      return `${port} is deleted`;
  }
}

function orDhcp(dhcp: boolean): string {
  return dhcp ? ', and DHCP has to get ready' : '';
}

function tellServerStep(step: ServerStep): string {
  switch (step.kind) {
    case 'die':
      return `dies ${tellCall(step)}`;
    case 'pause':
      return `stands still ${tellCall(step)}`;
    case 'fail':
      return `loses its connection to Neutron's database ${tellCall(step)}`;
    case 'clock':
      return `the clock of its machine is set by ${step.by} ms`;
    case 'cut':
      return `its ${step.loss} to and from the northbound database are lost from now on`;
    case 'slow':
      return `waits for ${step.ms} ms ${tellCall(step)}`;
    case 'overtaken':
      return `another server starts under its name ${tellCall(step)}`;
    case 'lose-neutron':
      return "does not reach Neutron's database from now on";
    case 'restore':
      return 'reaches both databases again';
    case 'resume':
      return 'goes on, where it stands still';
    case 'stop':
      return 'is stopped';
    case 'start':
      return 'one more server starts';
    case 'twin':
      return 'another server starts under its name';
    case 'receive-twice':
      return 'is given twice what it receives next';
  }
}

function tellCall({ verb, moment }: { readonly verb: string; readonly moment: string }): string {
  return `${moment} its next ${verb === '*' ? 'call' : `call of ${verb}`}`;
}

function tellCloudStep(step: CloudStep): string {
  switch (step.kind) {
    case 'pass':
      return `${step.ms} ms pass`;
    case 'nova':
      return `Nova ${MOODS[step.mood]}`;
    case 'nova-hour':
      return 'Nova does not answer for an hour';
    case 'clock':
      return `all clocks are set by ${step.by} ms`;
    case 'pause-writing':
      return 'an operator pauses the writing';
    case 'resume-writing':
      return 'an operator resumes the writing';
    case 'lose-data':
      return 'the northbound database loses everything';
    case 'copy-neutron':
      return "Neutron's database is copied to its replica";
    case 'fail-neutron-over':
      return "Neutron's database fails over to its replica, if that is no older than a second";
    case 'checkpoint':
      return 'the northbound database is saved';
    case 'roll-back':
      return 'the northbound database is as it was when it was saved';
  }
}

const MOODS = {
  well: 'takes what it hears',
  down: 'does not answer',
  deaf: 'hears, and its answers are lost',
  slow: 'answers after 4 s',
  400: 'answers 400',
  404: 'answers 404',
  422: 'answers 422',
} as const;

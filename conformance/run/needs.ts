import type { Act, Expectation, Sending, Step, TestDefinition } from '../definition';
import type { ActName } from './effects';
import type { Subject } from './subject';

/** Why a test cannot be put to this target; `undefined` where it can. */
export function lacks(definition: TestDefinition, subject: Subject): string | undefined {
  for (const sending of definition.steps.flatMap(sendingsOf)) {
    const reason = lackedBy(sending, subject);
    if (reason !== undefined) return reason;
  }
  if (!subject.counted && (definition.needs?.includes('effects') || definition.steps.some(isBarrier))) {
    return 'needs --effects: answers alone do not tell how often something ran, or when';
  }
  if (!subject.counted && !subject.fresh && definition.steps.some(comparesExecutions)) {
    return 'two operations are answered alike, so answers do not tell executions apart: needs --effects';
  }
  for (const step of definition.steps) {
    if ((step.do === 'throughout' || (step.do === 'poll' && step.within === 'ttl')) && subject.target.ttlMs === undefined) {
      return 'needs --ttl, the retention of its route in seconds';
    }
    if (step.do === 'poll' && step.within === 'lease' && subject.target.leaseMs === undefined) return 'needs --lease, the lease of its route in seconds';
    if (step.do === 'policy' && subject.target.policy === undefined) return 'needs --policy, the URL of what is published';
  }
  return undefined;
}

function sendingsOf(step: Step): readonly Sending[] {
  switch (step.do) {
    case 'send': case 'start': case 'parallel': case 'poll': case 'throughout': case 'cut':
      return [step];
    case 'pipeline':
      return step.requests;
    default:
      return [];
  }
}

function lackedBy({ route = 'main', tenant, act }: Sending, { target, effects, counted }: Subject): string | undefined {
  if (target.routes[route] === undefined) return `needs --route ${route}=URL`;
  if (tenant === 'b' && (target.tokenA === undefined || target.tokenB === undefined)) return 'needs --token-a and --token-b, of two tenants';
  if (tenant === 'none' && target.tokenA === undefined) return 'needs --token-a: there are no credentials to leave out';
  for (const name of act === undefined ? [] : actsOf(act)) {
    if (!counted) return `needs --effects, with handlers that obey the act "${name}"`;
    if (!effects.acts.has(name)) return `the effects endpoint does not list the act "${name}"`;
  }
  return undefined;
}

function actsOf({ do: doing, ...answer }: Act): readonly ActName[] {
  return [...(Object.keys(answer).length > 0 ? ['answer' as const] : []), ...(doing === undefined ? [] : [doing])];
}

const isBarrier = (step: Step): boolean => step.do === 'running' || step.do === 'release' || (step.do === 'cut' && step.at === 'running');

const comparesExecutions = (step: Step): boolean =>
  step.do === 'effects' || ('successes' in step && step.successes !== undefined) || ('expect' in step && comparesIn(step.expect)) || ('each' in step && comparesIn(step.each));

const comparesIn = (expectation: Expectation | undefined): boolean =>
  expectation !== undefined && (expectation.unlike !== undefined || (expectation.anyOf ?? []).some(comparesIn));

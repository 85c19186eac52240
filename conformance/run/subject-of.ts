import { ConformanceError } from '../conformance-error';
import { reasonOf, type Answer } from '../http/answer';
import { overHttp1 } from '../http/http1';
import { isIn, PROFILES } from '../profiles';
import { settle, type Target } from '../target';
import { compose, Scope } from './compose';
import { EffectsEndpoint, InferredEffects } from './effects';
import type { Subject } from './subject';

/**
 * Asks the target twice, under two keys.
 *
 * @throws ConformanceError with code `TARGET` where neither form of a key is answered with a success, or nothing is counted
 */
export async function subjectOf(target: Target): Promise<Subject> {
  const settled = settle(target);
  const profile = PROFILES[settled.profile];
  const { effects: endpoint, timeoutMs, headers } = settled;
  const effects = endpoint === undefined ? new InferredEffects() : await EffectsEndpoint.open(endpoint, timeoutMs, headers);
  const base = { target: settled, profile, effects, counted: endpoint !== undefined, fresh: true };
  const forms = profile.keyForm === 'quoted' ? ['quoted', 'bare'] as const : ['bare', 'quoted'] as const;
  const refusals: string[] = [];
  for (const keyForm of forms) {
    const subject = { ...base, keyForm };
    const scope = new Scope();
    const one = await ask(subject, scope);
    if (!isIn(one.status, profile.statuses.success)) {
      refusals.push(`with a ${keyForm} key ${one.status} ${one.body.toString().slice(0, 100)}`);
      continue;
    }
    if (subject.counted && await effects.count(scope.mark()) === 0) {
      throw new ConformanceError('TARGET', `the effects endpoint counts no run of a request that was answered ${one.status}; its handler must count the header Conformance-Effect`);
    }
    const other = await ask(subject, new Scope());
    return { ...subject, fresh: !one.body.equals(other.body) };
  }
  throw new ConformanceError('TARGET', `POST ${settled.routes.main.href} is not answered with a success: ${refusals.join('; ')}`);
}

async function ask(subject: Subject, scope: Scope): Promise<Answer> {
  const outgoing = compose({}, subject, scope);
  try {
    return await overHttp1(outgoing, { timeoutMs: subject.target.timeoutMs });
  } catch (error) {
    throw new ConformanceError('TARGET', `POST ${outgoing.url.href}: ${reasonOf(error)}`, { cause: error });
  }
}

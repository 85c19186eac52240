import { ConformanceError } from '../conformance-error';
import { reasonOf, type Answer } from '../http/answer';
import { overHttp1 } from '../http/http1';
import { isIn, PROFILES, type Profile } from '../profiles';
import { settle, type Settled, type Target } from '../target';
import { compose, Scope } from './compose';
import { EffectsEndpoint, InferredEffects, type Effects } from './effects';

/** A target, and what two requests have shown of it. */
export interface Subject {
  readonly target: Settled;
  readonly profile: Profile;
  readonly effects: Effects;
  /** By an endpoint, and not by answers that differ. */
  readonly counted: boolean;
  /** The form of a key that the target takes: the profile's own, if it does. */
  readonly keyForm: 'quoted' | 'bare';
  /** Two operations of one body are answered differently: answers tell executions apart. */
  readonly fresh: boolean;
}

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

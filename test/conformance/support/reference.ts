import type { Flaw } from '../../../conformance/peers/reference/records';
import { IETF, STRIPE } from '../../../conformance/peers/reference/rules';
import { startReference, targetAt as everythingAt, type Reference } from '../../../conformance/peers/reference/server';
import type { ProfileName } from '../../../conformance/profile-name';
import { chosenFor, runSuite, type SuiteRun } from '../../../conformance/run/run-suite';
import { subjectOf } from '../../../conformance/run/subject-of';
import type { Target } from '../../../conformance/target';

export const targetAt = (url: string, profile: ProfileName): Target => ({ ...everythingAt(url), profile });

export const startFor = (profile: ProfileName, flaw?: Flaw): Promise<Reference> => startReference(profile === 'stripe' ? STRIPE : IETF, { flaw });

/** The whole suite, against a reference server of its own. */
export async function runOnReference(profile: ProfileName, flaw?: Flaw): Promise<readonly SuiteRun[]> {
  const reference = await startFor(profile, flaw);
  try {
    return await runSuite(chosenFor(profile), await subjectOf(targetAt(reference.url, profile)));
  } finally {
    await reference.stop();
  }
}

import { CONTENDED, acquire, type Acquired, type LeaseTerms, type Ports } from './acquire';
import { isReadable } from './record';
import { ask, until } from './store-call';
import { isExpired } from './transitions';
import { minus, type Millis, type MonotonicMillis } from '../time';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

/**
 * Waits for the execution that is under way to finish: consistent reads with
 * full-jitter backoff, and a new claim once the record would let one pass. What
 * is still in conflict at `deadline` stays in conflict, and so does what the
 * store gives no answer about: that an execution is under way has been seen.
 *
 * @param grace what a call that begins before the deadline may take beyond it
 */
export async function waitForOutcome(
  conflict: Extract<Acquired, { kind: 'conflict' }>,
  key: { readonly id: string; readonly fingerprint: Uint8Array },
  terms: LeaseTerms,
  ports: Ports & { readonly random: () => number },
  deadline: MonotonicMillis,
  grace: Millis,
): Promise<Acquired> {
  const { store, clock, random } = ports;
  const lastAnswer = (deadline + grace) as MonotonicMillis;
  for (let round = 0; ; round++) {
    const pause = (FIRST_PAUSE + random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** round)) as Millis;
    if (pause >= until(deadline, clock)) return conflict;
    await clock.sleep(pause);
    const seen = await ask((options) => store.read(key.id, options), until(lastAnswer, clock), clock);
    if (!seen.known) continue;
    const record = seen.value;
    const stillRunning =
      record !== undefined &&
      isReadable(record) &&
      record.status === 'P' &&
      !isExpired(record, clock.now(), terms.margin) &&
      !(terms.takeover && record.leaseEnd !== undefined && record.leaseEnd < minus(clock.now(), terms.margin));
    if (stillRunning) continue;
    // Completed, released, gone or out of its lease: the claim is what decides.
    const acquired = await acquire(key, terms, ports, lastAnswer);
    if (acquired.kind === 'conflict' || acquired === CONTENDED || (acquired.kind === 'unavailable' && acquired.cause !== undefined)) continue;
    return acquired;
  }
}

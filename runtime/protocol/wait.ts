import { acquire, type Acquired, type LeaseTerms, type Ports } from './acquire';
import { isReadable } from './record';
import { ask, until } from './store-call';
import { isExpired } from './transitions';
import { minus, type Millis, type MonotonicMillis } from '../time';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

/**
 * Waits for the execution that is under way to finish: consistent reads with
 * full-jitter backoff, and a new claim once the record would let one pass. What
 * is still in conflict at `deadline` stays in conflict.
 */
export async function waitForOutcome(
  conflict: Extract<Acquired, { kind: 'conflict' }>,
  key: { readonly id: string; readonly fingerprint: Uint8Array },
  terms: LeaseTerms,
  ports: Ports & { readonly random: () => number },
  deadline: MonotonicMillis,
): Promise<Acquired> {
  const { store, clock, random } = ports;
  for (let round = 0; ; round++) {
    const pause = (FIRST_PAUSE + random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** round)) as Millis;
    if (pause >= until(deadline, clock)) return conflict;
    await clock.sleep(pause);
    const seen = await ask((options) => store.read(key.id, options), until(deadline, clock), clock);
    if (!seen.known) return { kind: 'unavailable', reason: 'the record could not be read', cause: seen.cause };
    const record = seen.value;
    const stillRunning =
      record !== undefined &&
      isReadable(record) &&
      record.status === 'P' &&
      !isExpired(record, clock.now(), terms.margin) &&
      !(terms.takeover && record.leaseEnd !== undefined && record.leaseEnd < minus(clock.now(), terms.margin));
    if (stillRunning) continue;
    // Completed, released, gone or out of its lease: the claim is what decides.
    const acquired = await acquire(key, terms, ports, deadline);
    if (acquired.kind !== 'conflict') return acquired;
  }
}

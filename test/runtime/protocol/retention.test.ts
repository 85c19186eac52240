import { CLIENT_SKEW, judgeKeyTime, leavesTimeToRetry } from '../../../runtime/protocol/key-time';
import { endsOf, lengthOf } from '../../../runtime/protocol/retention';
import { epochMillis, millis } from '../../../runtime/time';

const NOW = epochMillis(1_800_000_000_500);
const TTL = millis(86_400_000);

describe('when a record ends, and the response in it', () => {
  test('without a time to remember the key, both together, no sooner than the retention says', () => {
    expect(endsOf(NOW, { ttl: TTL })).toEqual({ expiresAt: 1_800_086_401 });
  });

  test('F110: with one, the response first', () => {
    expect(endsOf(NOW, { ttl: TTL, remember: millis(60_000) })).toEqual({ expiresAt: 1_800_086_461, responseExpiresAt: 1_800_086_400 });
    expect(lengthOf({ ttl: TTL, remember: millis(60_000) })).toBe(86_460_000);
  });

  test('F110: a key that is remembered for no time at all is as one that is not remembered, and its record says no more', () => {
    expect(Object.keys(endsOf(NOW, { ttl: TTL, remember: millis(0) }))).toEqual(['expiresAt']);
    expect(Object.keys(endsOf(NOW, { ttl: TTL }))).toEqual(['expiresAt']);
  });
});

describe('F111: what the time of the first sending says', () => {
  const terms = { ttl: TTL, remember: millis(60_000), margin: millis(2_000) };
  const LATE = NOW - 86_460_000 + CLIENT_SKEW + 2_000;

  test.each([
    ['just now', NOW, 'in-time'], ['as far ahead as a clock may be', NOW + CLIENT_SKEW, 'in-time'], ['further ahead', NOW + CLIENT_SKEW + 1, 'ahead'],
    ['as long ago as its record is known for, of every clock', LATE, 'in-time'], ['longer ago', LATE - 1, 'late'],
  ])('F111: %s', (_, sent, verdict) => {
    expect(judgeKeyTime(epochMillis(sent), NOW, terms)).toBe(verdict);
  });

  test('F174: a key may be as old as is said, where that is less than the retention', () => {
    const limited = { ttl: millis(86_400_000), remember: millis(86_400_000), margin: millis(2_000), maxAge: millis(3_600_000) };
    const last = epochMillis(NOW - 3_600_000 + 302_000);
    expect([judgeKeyTime(last, NOW, limited), judgeKeyTime(epochMillis(last - 1), NOW, limited)]).toEqual(['in-time', 'late']);
    expect([604_000, 604_001, 0].map((maxAge) => leavesTimeToRetry({ ...limited, maxAge: millis(maxAge) }))).toEqual([false, true, true]);
  });

  test('F111: a retention leaves time to retry only beyond what clocks may be apart, on both sides', () => {
    const apart = 2 * (CLIENT_SKEW + terms.margin);
    expect(leavesTimeToRetry({ ttl: millis(apart), margin: terms.margin })).toBe(false);
    expect(leavesTimeToRetry({ ttl: millis(apart - 1_000), remember: millis(1_001), margin: terms.margin })).toBe(true);
  });
});

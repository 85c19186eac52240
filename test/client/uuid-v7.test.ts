import fc from 'fast-check';
import { answer, lost, scriptedFetch } from './support/scripted-fetch';
import { START, virtualHost } from './support/virtual-host';
import { idempotentFetch } from '../../client';
import { keyTimeOf } from '../../runtime/request/key-time';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

const timeOf = (key: string): number => {
  const time = keyTimeOf(key, { headers: new Map() }, 'uuidv7');
  if (time.kind !== 'sent') throw new Error(`${key} says no time`);
  return time.at;
};

/** What a process of its own makes when its clock says these milliseconds. */
function keysOfProcess(clock: readonly number[], randomUUID: () => string = () => crypto.randomUUID()): readonly string[] {
  let keys: readonly string[] = [];
  jest.isolateModules(() => {
    const { uuidV7 } = jest.requireActual<typeof import('../../client/uuid-v7')>('../../client/uuid-v7');
    keys = clock.map((now) => uuidV7({ Date: { now: () => now }, crypto: { randomUUID } }));
  });
  return keys;
}

describe('a key', () => {
  test('is a UUID of version 7: the time, a count within its millisecond, the variant and 62 random bits', () => {
    expect(keysOfProcess([0x019be4f1a2b3, 0x019be4f1a2b3, 0x019be4f1a2b4, 0x019be4f1a2b3], () => 'ffffffff-ffff-4fff-b012-3456789abcde')).toEqual([
      '019be4f1-a2b3-7000-b012-3456789abcde',
      '019be4f1-a2b3-7004-b012-3456789abcde',
      '019be4f1-a2b4-7000-b012-3456789abcde',
      '019be4f1-a2b4-7004-b012-3456789abcde',
    ]);
    expect(keysOfProcess([0])[0]).toMatch(/^00000000-0000-7004-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('has any of the four digits that say the variant of RFC 9562', () => {
    const digits = keysOfProcess(Array<number>(1000).fill(START)).map((key) => key[19]);
    expect([...new Set(digits)].sort()).toEqual(['8', '9', 'a', 'b']);
  });

  test('F195: is greater than the one before in its process, where the clock goes on, stands still or is set back a little', () => {
    fc.assert(fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 1, max: 1500 })), { minLength: 1, maxLength: 5 }),
      (moves) => {
        const clock = moves.flatMap(([move, calls]) => Array<number>(calls).fill(START + move));
        const keys = keysOfProcess(clock);
        let latest = 0;
        keys.forEach((key, index) => {
          if (index > 0 && key <= keys[index - 1]!) throw new Error(`${key} comes after ${keys[index - 1]!}`);
          latest = Math.max(latest, clock[index]!);
          // It runs ahead of what the clock said at the most by a millisecond for 1,024 keys.
          expect(timeOf(key) - latest).toBeGreaterThanOrEqual(0);
          expect(timeOf(key) - latest).toBeLessThanOrEqual(Math.ceil(keys.length / 1024));
        });
      },
    ), { numRuns: 20 });
  });

  test('F180: says what the clock says, or at most 98 seconds more, however far that was set back', () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: -YEAR, max: YEAR }), { minLength: 2, maxLength: 20 }),
      (moves) => {
        const clock = moves.map((move) => START + move);
        keysOfProcess(clock).forEach((key, index) => {
          expect(timeOf(key) - clock[index]!).toBeGreaterThanOrEqual(0);
          expect(timeOf(key) - clock[index]!).toBeLessThan(98_000);
        });
      },
    ));
  });

  test('of one process is no key of another that starts in the same millisecond', () => {
    const keys = Array.from({ length: 50 }, () => keysOfProcess([START, START])).flat();
    expect(new Set(keys).size).toBe(100);
  });
});

describe('a call without a key', () => {
  test('F195: is given one that says when it was made, by crypto.randomUUID, and all of its attempts carry it', async () => {
    const host = virtualHost();
    const randomUUID = jest.spyOn(host.crypto, 'randomUUID');
    const { fetchLike, sent } = scriptedFetch((_, number) => (number < 3 ? lost() : answer(201)));
    const send = idempotentFetch(fetchLike, { host, delayMs: 1000 });
    await host.run(send('http://127.0.0.1/payments', { method: 'POST' }));
    const keys = sent.map(({ headers }) => headers.get('idempotency-key')!);
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(3);
    expect(Math.abs(timeOf(keys[0]!) - START)).toBeLessThan(MINUTE);
    expect(randomUUID).toHaveBeenCalledTimes(1);
  });

  test('F195: is given another one than the call before, at the same moment and with the same randomness', async () => {
    const host = virtualHost();
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const send = idempotentFetch(fetchLike, { host });
    for (let call = 0; call < 3; call++) await send('http://127.0.0.1/payments', { method: 'POST' });
    const keys = sent.map(({ headers }) => headers.get('idempotency-key')!);
    expect([...new Set(keys)].sort()).toEqual(keys);
    expect(keys).toHaveLength(3);
  });
});

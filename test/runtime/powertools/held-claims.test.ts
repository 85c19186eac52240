import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HeldClaims } from '../../../runtime/powertools/held-claims';
import type { Ownership } from '../../../runtime/protocol/acquire';

const claim = (attempt: number): Ownership => ({ attempt }) as Ownership;

test('F89: a claim is taken once, by its payload, whatever became of the key', () => {
  const held = new HeldClaims();
  const payload = {};
  held.keep('key', payload, claim(1));
  expect(held.take('key', {})).toBeUndefined();
  expect(held.take('another key', payload)).toEqual(claim(1));
  expect(held.take('key', payload)).toBeUndefined();
});

test('F89: of several claims under one payload that one is taken which has the key, and none where none has it', () => {
  const held = new HeldClaims();
  const payload = {};
  held.keep('one', payload, claim(1));
  held.keep('two', payload, claim(2));
  expect(held.take('three', payload)).toBeUndefined();
  expect(held.take('two', payload)).toEqual(claim(2));
  expect(held.take('three', payload)).toEqual(claim(1));
});

test('F89: payloads that are no objects go by their keys, and by those alone', () => {
  const held = new HeldClaims();
  held.keep('key', 'text', claim(1));
  expect(held.take('another key', 'text')).toBeUndefined();
  expect(held.take('key', 'text')).toEqual(claim(1));
});

test('F89: claims that nobody completes are no leak: objects go with their claims, of others the oldest goes', async () => {
  const held = new HeldClaims();
  const payloads = Array.from({ length: 50 }, (_, number) => {
    const payload = { body: new Uint8Array(1_000_000) };
    held.keep(`key ${number}`, payload, claim(1));
    return new WeakRef(payload);
  });
  for (let number = 0; number < 5_000; number++) held.keep(`text ${number}`, `text ${number}`, claim(number));
  expect(held.take('text 0', 'text 0')).toBeUndefined();
  expect(held.take('text 4999', 'text 4999')).toEqual(claim(4_999));
  expect(held.take('text 4001', 'text 4001')).toEqual(claim(4_001));
  // A weak reference holds until the turn has ended.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  // The engine may still have one or another at hand.
  expect(payloads.filter((payload) => payload.deref() !== undefined).length).toBeLessThan(5);
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

import { idempotentFetch, IdempotentFetchError, type IdempotentFetchOptions } from '../../client';

const withOptions = (options: unknown) => () => idempotentFetch(undefined, options as IdempotentFetchOptions);

test.each([
  ['retries', -1, '4'],
  ['retries', 1.5, '4'],
  ['retries', '3', '4'],
  ['delayMs', NaN, '250'],
  ['tryTimeoutMs', Infinity, '35000'],
  ['totalTimeoutMs', 2 ** 31, '120000'],
  ['headerName', 'Idempotency Key', 'Idempotency-Key'],
  ['headerName', '', 'Idempotency-Key'],
  ['retryHintHeader', 'X:', 'X-Should-Retry'],
  ['retryHintHeader', ['X-Should-Retry'], 'X-Should-Retry'],
  ['firstSentHeader', 'First Sent', 'First-Sent'],
  ['createKey', 'order-1', '()=>crypto.randomUUID()'],
  ['onAttempt', true, '()=>{}'],
  ['host', 5, String(globalThis)],
])('%s: %p is refused, with a value that would do', (option, value, remedy) => {
  expect(withOptions({ [option]: value })).toThrow(IdempotentFetchError);
  expect(withOptions({ [option]: value })).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_CONFIGURATION', key: '', attempts: 0 }));
  const { message } = thrown(withOptions({ [option]: value }));
  expect(message.replace(/\s/g, '')).toBe(`${option} cannot be "${String(value)}": use e.g. ${remedy}`.replace(/\s/g, ''));
});

test('an option that does not exist is refused with those that do', () => {
  expect(thrown(withOptions({ retires: 3 })).message).toBe(
    'retires cannot be "3": use fetchLike,headerName,firstSentHeader,createKey,retries,delayMs,tryTimeoutMs,totalTimeoutMs,retryHintHeader,onAttempt,host',
  );
});

test.each([[[]], [['retries']], [[{ retries: 3 }]]])('F212: a list in the place of the options, %j, is refused with the options that there are', (list) => {
  expect(withOptions(list)).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_CONFIGURATION', key: '', attempts: 0 }));
  expect(thrown(withOptions(list)).message).toMatch(/^options cannot be ".*": use fetchLike,headerName,firstSentHeader,createKey,retries,/);
});

test('options in the place of the fetch are refused, before they are taken for one', () => {
  expect(thrown(() => idempotentFetch({ retries: 3 } as never)).message).toMatch(/^fetchLike cannot be "\[object Object\]": use e\.g\. \(input, init\)/);
});

test('an option that is undefined or null has its default', () => {
  expect(withOptions({ retries: undefined, headerName: null })).not.toThrow();
});

test('the ends of what a number may be are allowed', () => {
  expect(withOptions({ retries: 0, delayMs: 0, tryTimeoutMs: 999_999_999, totalTimeoutMs: 999_999_999 })).not.toThrow();
});

function thrown(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

import type { Expectation, Sending, Step } from '../definition';

type Extra = Omit<Sending, 'lacking'>;

/** The request that a test begins with: what it is answered is not what the test is about. */
export const first = (extra: Sending = {}): Step => ({ do: 'send', as: 'first', setup: true, expect: { status: 'success' }, ...extra });

/** The same once more. */
export const again = (expect: Expectation, extra: Extra = {}): Step => ({ do: 'send', as: 'again', expect, ...extra });

export const send = (as: string, expect: Expectation, extra: Sending = {}): Step => ({ do: 'send', as, expect, ...extra });

/** A request whose handler is held at its start: from here to `release` it is in flight. */
export const held = (extra: Extra = {}): readonly Step[] => [
  { do: 'start', as: 'first', act: { do: 'hold' }, ...extra },
  { do: 'running' },
];

/** Of a request that is refused before anything runs. */
export const refused = (status: Expectation['status'], extra: Extra): readonly Step[] => [
  { do: 'send', as: 'refused', expect: { status }, ...extra },
  { do: 'effects', is: 0 },
];

/** Two requests that name one operation. */
export const oneOperation = (one: Extra, two: Extra): readonly Step[] => [
  first(one),
  again({ sameAs: 'first' }, two),
  { do: 'effects', is: 1 },
];

/** Two requests that name two operations. */
export const twoOperations = (one: Extra, two: Extra): readonly Step[] => [
  first({ ...one, effect: 'one' }),
  send('second', { status: 'success', unlike: 'first' }, { ...two, effect: 'two' }),
  { do: 'effects', of: 'one', is: 1 },
  { do: 'effects', of: 'two', is: 1 },
];

export const once: Step = { do: 'effects', is: 1 };
export const release: Step = { do: 'release' };

/** For a client that reads problem details. */
export const WANTS_PROBLEM = { accept: 'application/problem+json, application/json;q=0.5' } as const;

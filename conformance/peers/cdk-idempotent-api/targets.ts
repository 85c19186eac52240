import type { Target } from '../../target';

/** Retention and lease of the app's brief routes, in seconds; the lease with its margin for clocks. */
const TTL = 4;
const LEASE = 4;

/** The two APIs of `app.ts`, by what `idempotent-api local` says of them when they are ready. */
export function targetsOf(apis: readonly { readonly id: string; readonly url: string }[]): Readonly<Record<'http' | 'rest', Target>> {
  const urlOf = (id: string): string => apis.find((api) => api.id === id)!.url;
  return {
    http: target(urlOf('Http'), unsigned('a'), unsigned('b')),
    rest: target(urlOf('Rest'), 'account-a', 'account-b'),
  };
}

const target = (url: string, tokenA: string, tokenB: string): Target => ({
  url: `${url}/payments`,
  effects: `${url}/effects`,
  policy: `${url}/policy`,
  tokenA,
  tokenB,
  ttl: TTL,
  lease: LEASE,
  routes: {
    other: `${url}/refunds`,
    required: `${url}/required`,
    waiting: `${url}/waiting`,
    brief: `${url}/brief`,
    remembering: `${url}/remembering`,
    dated: `${url}/dated`,
  },
});

/** `idempotent-api local` believes any claims. */
export const unsigned = (account: string): string =>
  [{ alg: 'none' }, { account_id: account }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.').concat('.c2ln');

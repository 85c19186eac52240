import { ConformanceError } from './conformance-error';
import { ROUTES, type RouteName } from './definition';
import type { ProfileName } from './profile-name';
import { PROFILES } from './profiles';

/** What is under test. All but `url` has a default, or takes tests away. */
export interface Target {
  /** The operation under test: an absolute http(s) URL that takes a POST. */
  readonly url: string;
  /** Where effects are counted: see docs/conformance.md. Default: inferred from answers that carry something fresh. */
  readonly effects?: string;
  /** Default `ietf-07`. */
  readonly profile?: ProfileName;
  /** Body of each request. Default: a JSON object with an amount. */
  readonly body?: string;
  /** Another body that the operation takes. Default: `body` with its first number raised, or with a member more. */
  readonly otherBody?: string;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Credentials of two tenants: a bearer token, or the whole value of `Authorization`. */
  readonly tokenA?: string;
  readonly tokenB?: string;
  /** Default `Idempotency-Key`. */
  readonly keyHeader?: string;
  /** Further URLs, by what they are. */
  readonly routes?: Partial<Record<Exclude<RouteName, 'main'>, string>>;
  /** Retention of the routes `brief` and `remembering`, in seconds. */
  readonly ttl?: number;
  /** How long a dead run of the route `brief` holds its key, in seconds. */
  readonly lease?: number;
  /** Where the specification of the API's keys is published. */
  readonly policy?: string;
  /** A page that may read the API. Default `https://conformance.example`. */
  readonly origin?: string;
  /** How many requests at once. Default 100. */
  readonly concurrency?: number;
  /** How long an answer may take, in seconds. Default 30. */
  readonly timeout?: number;
}

/** A target with its defaults, checked. */
export interface Settled extends Required<Pick<Target, 'profile' | 'body' | 'otherBody' | 'headers' | 'keyHeader' | 'origin' | 'concurrency'>> {
  readonly routes: Readonly<Partial<Record<RouteName, URL>>> & { readonly main: URL };
  readonly effects?: URL;
  readonly policy?: URL;
  readonly tokenA?: string;
  readonly tokenB?: string;
  readonly ttlMs?: number;
  readonly leaseMs?: number;
  readonly timeoutMs: number;
}

const SAMPLE = '{"amount":100,"currency":"USD"}';

/** @throws ConformanceError with code `USAGE` that names the option, its value and what to write instead */
export function settle(target: Target): Settled {
  const body = target.body ?? SAMPLE;
  const { profile = 'ietf-07', keyHeader = 'Idempotency-Key' } = target;
  if (!Object.hasOwn(PROFILES, profile)) throw wrong(`profile "${String(profile)}" is none of ${Object.keys(PROFILES).join(', ')}`);
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(keyHeader)) throw wrong(`keyHeader "${keyHeader}" is not the name of a header`);
  const routes = Object.entries(target.routes ?? {}).map(([name, url]) => {
    if (!Object.hasOwn(ROUTES, name) || name === 'main') throw wrong(`route "${name}" is none of ${Object.keys(ROUTES).filter((each) => each !== 'main').join(', ')}`);
    return [name, address(`route ${name}`, url)] as const;
  });
  return {
    profile,
    body,
    otherBody: target.otherBody ?? anotherBody(body),
    headers: target.headers ?? {},
    keyHeader,
    origin: target.origin ?? 'https://conformance.example',
    concurrency: positive('concurrency', target.concurrency ?? 100, { whole: true }),
    routes: { ...Object.fromEntries(routes), main: address('url', target.url) },
    effects: target.effects === undefined ? undefined : address('effects', target.effects),
    policy: target.policy === undefined ? undefined : address('policy', target.policy),
    tokenA: target.tokenA,
    tokenB: target.tokenB,
    ttlMs: target.ttl === undefined ? undefined : positive('ttl', target.ttl) * 1000,
    leaseMs: target.lease === undefined ? undefined : positive('lease', target.lease) * 1000,
    timeoutMs: positive('timeout', target.timeout ?? 30) * 1000,
  };
}

const wrong = (what: string): ConformanceError => new ConformanceError('USAGE', what);

function address(option: string, text: unknown): URL {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw wrong(`${option} "${String(text)}" is not an http(s) URL; give one such as https://api.example.com/payments`);
  }
  return url;
}

function positive(option: string, value: number, { whole = false } = {}): number {
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
    throw wrong(`${option} "${value}" is not a ${whole ? 'whole ' : ''}number above 0`);
  }
  return value;
}

/** What is JSON stays so, and of the same shape: the first number is one more, or there is a member more. */
export function anotherBody(body: string): string {
  const raised = body.replace(/(?<=[:[,]\s*)(-?\d+)(?=\s*[,}\]])/, (number) => String(Number(number) + 1));
  if (raised !== body) return raised;
  if (/^\s*\{\s*\}\s*$/.test(body)) return '{"conformance":"another body"}';
  if (/\}\s*$/.test(body)) return body.replace(/\}\s*$/, ',"conformance":"another body"}');
  return `${body} (another body)`;
}

import fc from 'fast-check';
import { parseConfiguration, validateOptions } from '../../../runtime/configuration/options-schema';
import { IdempotencyConfigurationError } from '../../../runtime/errors';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { Claim } from '../../../runtime/stores/store';
import { controllableClock } from '../../../runtime/testing/clock';
import { httpApiEvent } from '../../../runtime/testing/events';
import { idempotentWith } from '../../../runtime/testing/idempotent-with';
import { observed } from '../../../test/support/quiet';
import { holds, prototypesAreClean, thrownBy } from '../holds';
import { json, objectOf, orAnything } from '../hostile-json';
import type { Json, Target } from '../target';

type Input =
  | { readonly options: Json }
  /** The text of the environment variable. */
  | { readonly environment: string }
  /** A value in so many others, as the option's. */
  | { readonly option: string; readonly open: string; readonly times: number; readonly inner: string; readonly close: string };

const seconds = fc.oneof(fc.constantFrom(0, 0.001, 1, 30, 86_400, 1e9, 1e12, 1e300, -1, 1.5), fc.integer({ min: 0, max: 1e6 }));
const headerName = fc.constantFrom('X-Key', 'Idempotency-Key', 'a', '', 'x y', 'X-É', '__proto__', 'constructor');
const source: fc.Arbitrary<Json> = fc.letrec<{ one: Json }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<Json>('auto', 'none', { source: 'iamPrincipal' }, { source: 'apiKeyId' }, { source: 'jwtClaim' }),
    fc.record({ source: fc.constantFrom('jwtClaim', 'lambdaContext', 'untrustedHeader', 'constructor', '__proto__'), name: headerName }),
    fc.record({ source: fc.constant('all'), of: fc.array(tie('one'), { maxLength: 3 }) }),
  ),
})).one;

/** What each option may be, more or less. */
const VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  headerName,
  headerAliases: fc.array(headerName, { maxLength: 3 }),
  required: fc.boolean(),
  minKeyLength: fc.integer({ min: -1, max: 300 }),
  ttlSeconds: seconds,
  rememberSeconds: seconds,
  processingTimeoutSeconds: seconds,
  clockMarginSeconds: seconds,
  waitSeconds: seconds,
  keyTime: fc.oneof(fc.constantFrom<Json>('none', 'uuidv7'), fc.record({ header: headerName })),
  responseEncryption: fc.constantFrom('none', 'client-key'),
  keySecret: fc.constantFrom('kept-from-everybody', ''),
  includeRequestHash: fc.boolean(),
  fingerprint: fc.oneof(fc.constantFrom<Json>('bytes', 'json'), fc.record({ include: fc.array(fc.constantFrom('/a', '', '/a/0', 'a', '/~2', '/__proto__')) })),
  tenant: source,
  keyScope: fc.constantFrom('route', 'api'),
  onConflict: fc.constantFrom('reject', 'wait'),
  onStoreError: fc.constantFrom('reject', 'execute'),
  storeResponse: fc.oneof(fc.constantFrom<Json>('all', 'definitive'), fc.array(fc.integer({ min: 100, max: 700 }), { maxLength: 3 })),
  thrownErrors: fc.constantFrom('store', 'release'),
  takeover: fc.constantFrom('allow', 'never'),
  errorFormat: fc.constantFrom('json', 'problem'),
  replayMarker: headerName,
  replayMarkerAliases: fc.array(headerName, { maxLength: 2 }),
  retryHintHeaders: fc.array(headerName, { maxLength: 2 }),
  namespace: fc.constantFrom('shop', '', 'a'.repeat(300)),
  disabled: fc.boolean(),
  routeMetrics: fc.boolean(),
  cors: fc.record({ allowOrigins: fc.array(fc.constantFrom('*', 'https://a.example', '')), allowCredentials: fc.boolean() }),
  methods: fc.array(fc.constantFrom('POST', 'PUT', 'get', ''), { maxLength: 2 }),
  replayHeaders: fc.oneof(fc.record({ allow: fc.array(headerName) }), fc.record({ deny: fc.array(headerName) })),
};
const option = fc.constantFrom(...Object.keys(VALUES)).chain((name) => fc.tuple(fc.constant(name), orAnything(VALUES[name]!, 9)));
const anyOptions = fc.array(option, { maxLength: 4 }).map((members) => Object.fromEntries(members) as Json);
const settings = orAnything(fc.oneof({ weight: 6, arbitrary: anyOptions }, { weight: 1, arbitrary: objectOf(json) }), 12);
const configuration = fc.record({ defaults: settings, routes: orAnything(objectOf(settings, fc.constantFrom('POST /payments', 'ANY /payments', 'x', '__proto__')), 9) }, { requiredKeys: [] });

/** Settings of any shape: a typed error that says which, or settings that a request can be answered by. */
export const settingsTarget = (validate: typeof validateOptions = validateOptions): Target<Input> => ({
  name: 'settings',
  share: 16,
  inputs: fc.oneof(
    { weight: 6, arbitrary: fc.record({ options: settings }) },
    { weight: 4, arbitrary: orAnything(configuration as fc.Arbitrary<Json>, 9).map((value) => ({ environment: JSON.stringify(value) })) },
    { weight: 1, arbitrary: fc.string({ maxLength: 20 }).map((environment) => ({ environment })) },
    {
      weight: 1,
      arbitrary: fc.record({
        option: fc.constantFrom('tenant', 'fingerprint', 'headerAliases', 'storeResponse', 'cors'),
        open: fc.constantFrom('[', '{"source":"all","of":[', '{"a":', '[1,'),
        times: fc.constantFrom(1, 3, 30, 300, 50_000),
        inner: fc.constantFrom('1', '', '{"source":"iamPrincipal"}'),
        close: fc.constantFrom(']', ']}', '}'),
      }),
    },
  ),
  async check(input) {
    const given = valueOf(input);
    if (given === undefined) return;
    const error = thrownBy(() => ('environment' in given ? parseConfiguration(given.environment) : validate(given.options, 'options of idempotent()')));
    if (error !== undefined) return isTyped(error);
    await answers(given);
    prototypesAreClean();
  },
});

/** No time passes: a lease of a millisecond is one as well. */
const NOW = 1_800_000_000_000;

type Given = { readonly options: unknown } | { readonly environment: string };

/** Undefined for a text that is no JSON. */
function valueOf(input: Input): Given | undefined {
  if (!('open' in input)) return input;
  const text = `{${JSON.stringify(input.option)}:${input.open.repeat(input.times)}${input.inner}${input.close.repeat(input.times)}}`;
  try {
    return { options: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isTyped(error: unknown): void {
  holds(error instanceof IdempotencyConfigurationError, `the error is no IdempotencyConfigurationError: ${String(error)}`);
  holds(error.message.includes(error.option) && error.message.length < 2_000, 'the error names the option, in few words');
  holds(!error.message.includes('kept-from-everybody'), 'a secret is in the error');
}

/** With settings that were taken, a request is answered, and what is on record has times that a store can hold. */
async function answers(given: Given): Promise<void> {
  const store = new KeepingStore();
  let executions = 0;
  const handler = async (): Promise<unknown> => ({ statusCode: 200, body: String(++executions) });
  const taken = 'options' in given ? given.options as object : {};
  const environment = 'environment' in given ? { IDEMPOTENCY_SETTINGS: given.environment } : {};
  const error = await attempt(async () => {
    const options = { ...observed(), ...taken, store, lines: undefined, measurements: undefined } as object;
    const wrapped = idempotentWith({ clock: controllableClock(NOW) }, handler, options, environment);
    const event = httpApiEvent({ path: '/payments', headers: { 'Idempotency-Key': '0190b5a4-7c3e-7000-8000-000000000001', 'X-Key': 'k' }, body: { a: 1 } });
    for (let sent = 0; sent < 2; sent++) {
      const status = (await wrapped(event, {}) as { readonly statusCode: number }).statusCode;
      holds([200, 400, 403, 412].includes(status), `a request is answered with ${status}`);
    }
  });
  if (error instanceof IdempotencyConfigurationError) return isTyped(error);
  if (error !== undefined) throw error;
  for (const time of store.times) holds(Number.isSafeInteger(time), `a record has the time ${time}`);
}

async function attempt(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Remembers the times that records were given. */
class KeepingStore extends MemoryStore {
  public readonly times: number[] = [];

  public constructor() {
    super({}, {});
  }

  public override async claim(claim: Claim): ReturnType<MemoryStore['claim']> {
    this.times.push(claim.leaseEnd, claim.expiresAt);
    return super.claim(claim);
  }
}

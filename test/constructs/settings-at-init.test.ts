import { Duration, Stack } from 'aws-cdk-lib';
import fc from 'fast-check';
import { newStack } from './support';
import { Fingerprint, Idempotency, IdempotencySettings, KeyTime, OnConflict, StoreResponse, TenantSource } from '../../lib';
import { parseConfiguration } from '../../runtime/configuration/options-schema';

/** What the runtime reads of settings in the place of a synthesized app; undefined where synth refuses them. */
function readBack(settings: IdempotencySettings): unknown {
  const stack = newStack();
  const json = attempt(() => new Idempotency(stack, 'Idempotency', settings).environment().IDEMPOTENCY_SETTINGS);
  return json === undefined ? undefined : parseConfiguration(Stack.of(stack).resolve(json) as string);
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if ((error as { code?: string }).code === 'IDEMPOTENCY_CONFIGURATION') return undefined;
    throw error;
  }
}

const text = fc.oneof(fc.string({ maxLength: 12, unit: 'grapheme' }), fc.constantFrom(
  '', ' ', 'X-A', 'a b', '"', '\n', '$&', '/a', '/~2', '/a/~0', '*', '__proto__', 'constructor', 'https://a.example', 'http://[::1]:3000', 'https://*.example',
));
const texts = fc.array(text, { maxLength: 3 });
const number = fc.oneof(fc.double(), fc.integer({ min: -1, max: 600 }));
const time = fc.oneof(
  fc.constantFrom(0, 1, 1e12, 1e13).map((n) => Duration.seconds(n)),
  fc.integer({ min: 0, max: 1e7 }).map((n) => Duration.millis(n * 500)),
);
const { tenant } = fc.letrec<{ tenant: TenantSource }>((tie) => ({
  tenant: fc.oneof({ depthSize: 'medium', maxDepth: 12 },
    fc.constantFrom(TenantSource.auto(), TenantSource.none(), TenantSource.apiKeyId()),
    text.map((name) => TenantSource.jwtClaim(name)),
    text.map((name) => TenantSource.untrustedHeader(name)),
    fc.array(tie('tenant'), { maxLength: 2 }).map((sources) => TenantSource.all(...sources))),
}));

const OPTIONS: { readonly [K in keyof IdempotencySettings]: fc.Arbitrary<IdempotencySettings[K]> } = {
  headerName: text,
  headerAliases: texts,
  replayMarkerAliases: texts,
  retryHintHeaders: texts,
  namespace: text,
  minKeyLength: number,
  ttl: time,
  remember: time,
  processingTimeout: time,
  clockMargin: time,
  onConflict: time.map((upTo) => OnConflict.wait(upTo)),
  keyTime: text.map((name) => KeyTime.header(name)),
  fingerprint: fc.record({ include: texts, exclude: texts }, { requiredKeys: [] }).map((selection) => Fingerprint.jsonPointers(selection)),
  storeResponse: fc.array(number, { maxLength: 3 }).map((codes) => StoreResponse.statuses(codes)),
  cors: fc.record({ allowOrigins: texts, allowCredentials: fc.boolean() }),
  tenant,
};

test.each(Object.entries(OPTIONS))('F224: whatever synth takes for %s, the runtime takes at init', (name, arbitrary) => {
  fc.assert(fc.property(arbitrary as fc.Arbitrary<unknown>, (value) => {
    expect(() => readBack({ [name]: value })).not.toThrow();
  }), { numRuns: 60 });
});

test('F224: of tenant sources within one another synth takes as many as the runtime does', () => {
  const nested = (levels: number): TenantSource => levels === 0 ? TenantSource.jwtClaim('sub') : TenantSource.all(nested(levels - 1));
  expect(readBack({ tenant: nested(9) })).toMatchObject({ defaults: { tenant: nested(9)._render() } });
  expect(() => new Idempotency(newStack(), 'Idempotency', { tenant: nested(10) }))
    .toThrow('Stack/Idempotency: tenant has 10 sources within one another, or more. Give one TenantSource.all() all of them.');
});

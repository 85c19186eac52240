import { Logger } from '@aws-lambda-powertools/logger';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { parseConfiguration, validateOptions } from '../../../runtime/configuration/options-schema';
import { DEFAULTS } from '../../../runtime/configuration/settings';
import { IdempotencyConfigurationError } from '../../../runtime/errors';
import type { IdempotencyLogger } from '../../../runtime/observability/logger';

const WHERE = 'options of idempotent()';

const refusal = (act: () => unknown): IdempotencyConfigurationError => {
  try {
    act();
  } catch (error) {
    if (error instanceof IdempotencyConfigurationError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};
const refused = (options: unknown) => refusal(() => validateOptions(options, WHERE));

const call = () => undefined;
const store = { limits: { itemBytes: 0, writeUnitBytes: 0 }, claim: call, complete: call, release: call, read: call };

/** For every option: values of its type, and values that are not. */
const TABLE: Readonly<Record<keyof IdempotencyOptions, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>> = {
  store: { good: [store], bad: [{}, 'table', { ...store, claim: 1 }, { ...store, limits: undefined }, { ...store, limits: { ...store.limits, inlineBytes: -1 } }, { ...store, bodies: {} }, call] },
  overflow: { good: [{ put: call, get: call }], bad: [{ put: call }, 'bucket'] },
  headerName: { good: ['Idempotency-Key', 'x_key'], bad: ['', 'a b', 'a:b', 'clé', 'a\n', 1, ['a']] },
  headerAliases: { good: [[], ['X-Key']], bad: ['X-Key', ['a b'], [''], [1], {}] },
  required: { good: [true, false], bad: ['true', 0, {}] },
  methods: { good: [['POST'], ['PUT', 'PATCH']], bad: [[], ['post'], 'POST', [''], [1]] },
  minKeyLength: { good: [1, 255], bad: [0, 256, 1.5, '16', NaN, Infinity] },
  ttlSeconds: { good: [1, 0.5, 86_400], bad: [0, -1, NaN, Infinity, '60', 0.0001, 1e300] },
  maxKeyAgeSeconds: { good: [0, 3600], bad: [-1, NaN, Infinity, '60', 2e12] },
  rememberSeconds: { good: [0, 3600], bad: [-1, NaN, Infinity, '60', 2e12] },
  keyTime: { good: ['none', 'uuidv7', { header: 'Repeatability-First-Sent' }], bad: ['uuid', '', {}, { header: '' }, { header: 'a b' }, { header: 'X', name: 'Y' }, null, true] },
  responseEncryption: { good: ['none', 'client-key'], bad: ['aes', true, ''] },
  processingTimeoutSeconds: { good: [1, 0.2, 900], bad: [0, -1, NaN, '30', 1e300] },
  clockMarginSeconds: { good: [0, 2], bad: [-1, NaN, '2', 1e300] },
  includeRequestHash: { good: [true], bad: ['yes', 1] },
  fingerprint: {
    good: ['bytes', 'json', { include: ['/a'] }, { exclude: ['/a/0', '/m~0n~1o'] }, { include: [''], exclude: ['/x'] }],
    bad: ['text', {}, { include: [] }, { include: ['a'] }, { exclude: ['/a~2'] }, { include: '/a' }, { includes: ['/a'] }, null, []],
  },
  tenant: {
    good: ['auto', 'none', call, { source: 'jwtClaim', name: 'account_id' }, { source: 'iamPrincipal' }, { source: 'untrustedHeader', name: 'X-T' },
      { source: 'all', of: ['auto', { source: 'apiKeyId' }] }],
    bad: ['jwt', {}, { source: 'jwtClaim' }, { source: 'jwtClaim', name: '' }, { source: 'untrustedHeader', name: 'a b' }, { source: 'cookie', name: 'x' },
      { source: 'iamPrincipal', name: 'x' }, { source: 'all', of: [] }, { source: 'all', of: ['none'] }, { source: 'all', of: [{ source: 'x' }] },
      { source: 'toString' }, null],
  },
  keyScope: { good: ['route', 'api'], bad: ['ROUTE', '', true] },
  storeResponse: { good: ['all', 'definitive', [200, 201], call], bad: ['none', [], [99], [200.5], [600], ['200'], {}] },
  takeover: { good: ['allow', 'never'], bad: ['always', false] },
  namespace: { good: ['Payments'], bad: ['', 1] },
  authorize: { good: [call], bad: ['admin', {}] },
  thrownErrors: { good: ['store', 'release'], bad: ['keep', true] },
  onConflict: { good: ['reject', 'wait'], bad: ['Wait', 409] },
  waitSeconds: { good: [0, 8, 0.5], bad: [-1, NaN, '8', 1e300] },
  onStoreError: { good: ['reject', 'execute'], bad: ['ignore', 503] },
  replayHeaders: { good: [{ allow: [] }, { deny: ['X-A'] }], bad: [{}, { allow: [], deny: [] }, { allow: 'X-A' }, { deny: ['a b'] }, { only: ['X-A'] }, ['X-A']] },
  replayMarker: { good: ['X-Replayed'], bad: ['', 'X Replayed', true] },
  replayMarkerAliases: { good: [['Idempotent-Replayed']], bad: ['Idempotent-Replayed', [' ']] },
  retryHintHeaders: { good: [[], ['Stripe-Should-Retry']], bad: ['X-Should-Retry', [true]] },
  formatError: { good: [call], bad: [{}, 'problem'] },
  errorFormat: { good: ['json', 'problem'], bad: ['xml', ''] },
  cors: {
    good: [{ allowOrigins: [] }, { allowOrigins: ['*'], allowCredentials: false }],
    bad: [{}, { allowOrigins: '*' }, { allowOrigins: [''] }, { allowOrigins: ['*'], allowCredentials: 'no' }, { allowOrigins: [], maxAge: 1 }],
  },
  onDuplicate: { good: [call], bad: ['log', {}] },
  logger: { good: [console, { info: call, warn: call, error: call }], bad: [{ info: call }, 'console'] },
  metrics: { good: [{ measure: call }], bad: [{}, call, 'emf'] },
  keySecret: { good: ['pepper', () => 'pepper'], bad: ['', 1, {}] },
  previousKeySecret: { good: ['pepper', () => 'pepper'], bad: ['', 1, {}] },
  disabled: { good: [true], bad: ['1', 1] },
  routeMetrics: { good: [true, false], bad: ['no', 0] },
};

describe('options of the right type', () => {
  test.each(Object.entries(TABLE))('%s takes what it may be', (name, { good }) => {
    for (const value of good) expect(validateOptions({ [name]: value }, WHERE)).toEqual({ [name]: value });
  });

  test('all at once, and none at all', () => {
    const every = Object.fromEntries(Object.entries(TABLE).map(([name, { good }]) => [name, good[0]]));
    expect(validateOptions(every, WHERE)).toEqual(every);
    expect(validateOptions({}, WHERE)).toEqual({});
    expect(validateOptions(Object.assign(Object.create(null) as object, { required: true }), WHERE)).toEqual({ required: true });
  });

  test('an option that is undefined counts as absent', () => {
    expect(validateOptions({ ttlSeconds: undefined, required: true }, WHERE)).toEqual({ required: true });
  });

  test('the defaults are themselves legal', () => {
    expect(validateOptions(DEFAULTS, WHERE)).toEqual(DEFAULTS);
  });

  test('the logger of Powertools is one', () => {
    const logger: IdempotencyLogger = new Logger();
    expect(validateOptions({ logger }, WHERE)).toEqual({ logger });
  });

  test('what is validated cannot be changed afterwards by who gave it', () => {
    const options = { ttlSeconds: 60 };
    const validated = validateOptions(options, WHERE);
    options.ttlSeconds = -1;
    expect(validated.ttlSeconds).toBe(60);
    expect(Object.isFrozen(validated)).toBe(true);
  });
});

describe('options that are not', () => {
  test.each(Object.entries(TABLE))('%s refuses what it may not be, by its name and with a remedy', (name, { bad }) => {
    for (const value of bad) {
      const error = refused({ [name]: value });
      expect(error.code).toBe('IDEMPOTENCY_CONFIGURATION');
      expect(error.option).toBe(name);
      expect(error.message).toMatch(new RegExp(`^options of idempotent\\(\\): ${name} is .+; give .+`));
    }
  });

  test.each<[unknown, string]>([
    [{ ttlSeconds: '60' }, 'options of idempotent(): ttlSeconds is "60"; give a number of seconds above 0, and of at most 1e12'],
    [{ keyScope: 'tenant' }, 'options of idempotent(): keyScope is "tenant"; give "route" or "api"'],
    [{ methods: ['post'] },
      'options of idempotent(): methods is a list ("post"); give a list of at least one method in upper case, such as ["POST"]'],
    [{ store: { table: 'secret-name' } },
      'options of idempotent(): store is an object with table; give a DynamoDbStore, a MemoryStore or another IdempotencyStore with its limits'],
    [{ required: () => true }, 'options of idempotent(): required is a function; give true or false'],
    [{ namespace: null }, 'options of idempotent(): namespace is null; give a string that is not empty'],
    ['required', 'options of idempotent(): expected an object, got "required"'],
    [null, 'options of idempotent(): expected an object, got null'],
    [[], 'options of idempotent(): expected an object, got a list ()'],
    [undefined, 'options of idempotent(): expected an object, got undefined'],
  ])('%j reads well', (options, message) => {
    expect(refused(options).message).toBe(message);
  });

  test.each<[string, string, string, string]>([
    ['a list in lists', '[', '1', ']'],
    ['a source in sources', '{"source":"all","of":[', '{"source":"iamPrincipal"}', ']}'],
  ])('F215: %s, so deep that whoever descends runs out of stack, is refused by the option\'s name', (_name, open, inner, close) => {
    const value: unknown = JSON.parse(open.repeat(50_000) + inner + close.repeat(50_000));
    for (const name of ['tenant', 'storeResponse', 'methods']) {
      const error = refused({ [name]: value });
      expect(error.option).toBe(name);
      expect(error.message.length).toBeLessThan(300);
    }
  });

  test('F71: no message shows a secret, or more than the beginning of a long value', () => {
    expect(refused({ keySecret: { value: 'hunter2' } }).message).toBe(
      'options of idempotent(): keySecret is not usable (its value is not shown); give a string that is not empty, or a function that returns one',
    );
    expect(refused({ previousKeySecret: ['hunter2'] }).message).not.toContain('hunter2');
    expect(refused({ store: { password: 'hunter2' } }).message).not.toContain('hunter2');
    expect(refused({ errorFormat: 'x'.repeat(5000) }).message.length).toBeLessThan(150);
    expect(refused({ methods: Array.from({ length: 5000 }, () => 'post') }).message.length).toBeLessThan(200);
  });
});

describe('options that nobody knows', () => {
  test.each([
    ['tlSeconds', 'ttlSeconds'],
    ['TTLSeconds', 'ttlSeconds'],
    ['ttl', undefined],
    ['headername', 'headerName'],
    ['headerAlias', 'headerAliases'],
    ['onDuplicates', 'onDuplicate'],
    ['procesingTimeoutSeconds', 'processingTimeoutSeconds'],
    ['keyScop', 'keyScope'],
    ['IncludeRequestHash', 'includeRequestHash'],
    ['colour', undefined],
  ])('%s: did you mean %s?', (typo, known) => {
    const error = refused({ [typo]: 1 });
    expect(error.option).toBe(typo);
    expect(error.message).toContain(`options of idempotent(): unknown option ${typo}; `);
    expect(error.message).toContain(known === undefined ? 'known are ' : `did you mean ${known}?`);
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])('F66: %s is none, though every object has it', (name) => {
    expect(refused(JSON.parse(`{"${name}":{"polluted":true}}`)).option).toBe(name);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('settings in the environment', () => {
  const parse = (value: unknown) => parseConfiguration(JSON.stringify(value));
  const message = (json: string) => refusal(() => parseConfiguration(json)).message;

  test('are what the construct wrote', () => {
    const configuration = {
      defaults: { namespace: 'Payments', ttlSeconds: 3600, tenant: { source: 'jwtClaim', name: 'account_id' }, cors: { allowOrigins: ['*'] } },
      routes: { 'POST /payments/{id}': { required: true }, 'ANY /refunds': { disabled: true }, 'ANY $default': {} },
    };
    expect(parse(configuration)).toEqual(configuration);
    expect(parse({ defaults: {} })).toEqual({ defaults: {} });
  });

  test.each([undefined, ''])('may be absent (%j)', (json) => {
    expect(parseConfiguration(json)).toBeUndefined();
  });

  test('that are not JSON name the variable and keep the cause', () => {
    const error = refusal(() => parseConfiguration('{defaults'));
    expect(error.message).toBe('IDEMPOTENCY_SETTINGS is not JSON; let the construct write it, or use idempotency.environment(settings)');
    expect(error.option).toBe('IDEMPOTENCY_SETTINGS');
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });

  test.each<[string, string]>([
    ['[]', 'IDEMPOTENCY_SETTINGS is not an object of "defaults" and "routes"'],
    ['null', 'IDEMPOTENCY_SETTINGS is not an object of "defaults" and "routes"'],
    ['{"defaults":{},"route":{}}', 'IDEMPOTENCY_SETTINGS is not an object of "defaults" and "routes"'],
    ['{}', '"defaults" of IDEMPOTENCY_SETTINGS: expected an object, got undefined'],
    ['{"defaults":{"ttl":1}}', '"defaults" of IDEMPOTENCY_SETTINGS: unknown option ttl; known are'],
    ['{"defaults":{"onConflict":"queue"}}', '"defaults" of IDEMPOTENCY_SETTINGS: onConflict is "queue"; give "reject" or "wait"'],
    ['{"defaults":{},"routes":[]}', '"routes" of IDEMPOTENCY_SETTINGS is a list ()'],
    ['{"defaults":{},"routes":{"/payments":{}}}', '"routes" of IDEMPOTENCY_SETTINGS has "/payments"; name a route by method and template'],
    ['{"defaults":{},"routes":{"__proto__":{"required":true}}}', '"routes" of IDEMPOTENCY_SETTINGS has "__proto__"'],
    ['{"defaults":{},"routes":{"POST /a":{"required":1}}}', 'route "POST /a" of IDEMPOTENCY_SETTINGS: required is 1; give true or false'],
    ['{"defaults":{"keySecret":"pepper"}}', '"defaults" of IDEMPOTENCY_SETTINGS: unknown option keySecret'],
  ])('%s is refused', (json, expected) => {
    expect(message(json)).toContain(expected);
  });
});

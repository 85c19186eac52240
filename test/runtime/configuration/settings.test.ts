import type { WireConfiguration, WireSettings } from '../../../lib/contract';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { DEFAULTS, honoursKey, resolveSettings } from '../../../runtime/configuration/settings';

const resolve = (code: IdempotencyOptions, environment?: WireConfiguration, method = 'POST', route = '/payments/{id}') =>
  resolveSettings({ code, environment, method, route });

describe('precedence', () => {
  /** One value for each source, nearest last. */
  const TABLE: { readonly [K in keyof WireSettings]-?: readonly [WireSettings[K], WireSettings[K], WireSettings[K]] } = {
    headerName: ['A', 'B', 'C'],
    headerAliases: [['A'], ['B'], []],
    required: [true, false, true],
    minKeyLength: [8, 16, 32],
    ttlSeconds: [60, 120, 180],
    rememberSeconds: [60, 0, 120],
    keyTime: ['uuidv7', { header: 'X-First-Sent' }, 'none'],
    maxKeyAgeSeconds: [700, 0, 800],
    responseEncryption: ['client-key', 'none', 'client-key'],
    processingTimeoutSeconds: [5, 10, 15],
    clockMarginSeconds: [0, 1, 3],
    includeRequestHash: [true, false, true],
    fingerprint: ['json', { include: ['/a'] }, 'bytes'],
    tenant: ['none', { source: 'apiKeyId' }, 'auto'],
    keyScope: ['api', 'route', 'api'],
    onConflict: ['wait', 'reject', 'wait'],
    waitSeconds: [1, 0, 2],
    onStoreError: ['execute', 'reject', 'execute'],
    storeResponse: ['definitive', [200], 'all'],
    thrownErrors: ['release', 'store', 'release'],
    takeover: ['never', 'allow', 'never'],
    errorFormat: ['problem', 'json', 'problem'],
    replayMarkerAliases: [['A'], ['B'], ['C']],
    retryHintHeaders: [['A'], [], ['C']],
    namespace: ['A', 'B', 'C'],
    disabled: [true, false, true],
    routeMetrics: [false, true, false],
    cors: [{ allowOrigins: ['*'] }, { allowOrigins: [] }, { allowOrigins: ['https://a.example'] }],
  };

  test.each(Object.entries(TABLE))('%s: code over the route over the function over the default', (name, [ofFunction, ofRoute, ofCode]) => {
    const environment: WireConfiguration = {
      defaults: { [name]: ofFunction },
      routes: { 'POST /payments/{id}': { [name]: ofRoute }, 'POST /other': { [name]: ofCode } },
    };
    const value = (settings: IdempotencyOptions) => settings[name as keyof WireSettings];
    expect(value(resolve({}))).toEqual((DEFAULTS as IdempotencyOptions)[name as keyof WireSettings]);
    expect(value(resolve({}, { defaults: {} }))).toEqual(value(resolve({})));
    expect(value(resolve({}, { defaults: environment.defaults }))).toEqual(ofFunction);
    expect(value(resolve({}, environment))).toEqual(ofRoute);
    expect(value(resolve({ [name]: ofCode }, environment))).toEqual(ofCode);
    expect(value(resolve({ [name]: undefined }, environment))).toEqual(ofRoute);
  });

  test('options that the environment does not know come from code alone', () => {
    const onDuplicate = () => undefined;
    expect(resolve({ onDuplicate, methods: ['PUT'] })).toMatchObject({ onDuplicate, methods: ['PUT'], replayMarker: 'X-Idempotent-Replay' });
    expect(resolve({}).onDuplicate).toBeUndefined();
  });

  test('the defaults are those of the contract', () => {
    expect(resolve({})).toMatchObject({
      headerName: 'Idempotency-Key',
      required: false,
      ttlSeconds: 86_400,
      processingTimeoutSeconds: 30,
      clockMarginSeconds: 2,
      includeRequestHash: false,
      waitSeconds: 8,
      retryHintHeaders: ['X-Should-Retry'],
    });
  });
});

describe('the settings of a route', () => {
  const environment: WireConfiguration = {
    defaults: { ttlSeconds: 1 },
    routes: {
      'ANY /payments': { ttlSeconds: 2, required: true },
      'POST /payments': { ttlSeconds: 3 },
      'POST $default': { ttlSeconds: 4 },
    },
  };

  test.each([
    ['POST', '/payments', 3],
    ['PUT', '/payments', 2],
    ['POST', '$default', 4],
    ['PUT', '$default', 1],
    ['POST', '/payments/{id}', 1],
    ['post', '/payments', 2],
    ['constructor', '', 1],
  ])('%s %s', (method, route, ttlSeconds) => {
    expect(resolve({}, environment, method, route).ttlSeconds).toBe(ttlSeconds);
  });

  test('a route of the very method hides the one for any method altogether, as in API Gateway', () => {
    expect(resolve({}, environment, 'POST', '/payments').required).toBe(false);
    expect(resolve({}, environment, 'PUT', '/payments').required).toBe(true);
  });
});

describe('methods on which a key is honoured', () => {
  test.each([
    ['POST', true], ['PUT', true], ['PATCH', true], ['DELETE', true], ['PURGE', true],
    ['GET', false], ['HEAD', false], ['OPTIONS', false],
  ])('F57: %s by default: %s', (method, honoured) => {
    expect(honoursKey(method, {})).toBe(honoured);
  });

  test('F57: a list says it all', () => {
    expect(honoursKey('GET', { methods: ['GET'] })).toBe(true);
    expect(honoursKey('POST', { methods: ['GET'] })).toBe(false);
  });
});

import { IdempotencyConfigurationError } from '../errors';
import { nearest } from './nearest';
import type { IdempotencyOptions } from './options';
import { ENV, MOST_SECONDS, MOST_TENANT_LEVELS, type WireConfiguration, type WireSettings } from '../../lib/contract';
import { isJsonPointer } from '../request/json-pointer';
import { MAX_KEY_LENGTH } from '../request/key';
import { isHeaderName } from '../response/http-header';

interface Rule {
  readonly accepts: (value: unknown) => boolean;
  /** What to write instead, as in "give ...". */
  readonly remedy: string;
  /** Its value is shown to nobody. */
  readonly secret?: true;
}

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const hasOnly = (value: Members, names: readonly string[]): boolean => Object.keys(value).every((name) => names.includes(name));
const isListOf = (accepts: (item: unknown) => boolean) => (value: unknown): boolean => Array.isArray(value) && value.every(accepts);
const isNonEmptyListOf = (accepts: (item: unknown) => boolean) => (value: unknown): boolean =>
  isListOf(accepts)(value) && (value as unknown[]).length > 0;
const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => isFunction((value as Members)[name]));

const isNumberFrom = (least: number, value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= least;
const isSeconds = (least: number, value: unknown): boolean => isNumberFrom(least, value) && Number(value) <= MOST_SECONDS;
/** Without them every response would seem too large to keep. */
const hasLimits = (value: unknown): boolean =>
  isObject(value) && ['itemBytes', 'writeUnitBytes'].every((name) => isNumberFrom(0, value[name])) &&
  (value.inlineBytes === undefined || isNumberFrom(0, value.inlineBytes));
const isWhole = (least: number, most: number, value: unknown): boolean => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;

const flag: Rule = { accepts: (value) => typeof value === 'boolean', remedy: 'true or false' };
const header: Rule = { accepts: isHeaderName, remedy: 'a header name of letters, digits and hyphens' };
const headers: Rule = { accepts: isListOf(isHeaderName), remedy: 'a list of header names of letters, digits and hyphens' };
const hook: Rule = { accepts: isFunction, remedy: 'a function' };
const oneOf = (...values: readonly string[]): Rule => ({
  accepts: (value) => values.includes(value as string),
  remedy: values.map((value) => `"${value}"`).join(' or '),
});
/** A millisecond at the least: what rounds to nothing was meant as something else. */
const duration: Rule = { accepts: (value) => isSeconds(0.001, value), remedy: 'a number of seconds above 0, and of at most 1e12' };
const durationOrNone: Rule = { accepts: (value) => isSeconds(0, value), remedy: 'a number of seconds from 0 to 1e12' };
const secret: Rule = {
  accepts: (value) => isText(value) || isFunction(value),
  remedy: 'a string that is not empty, or a function that returns one',
  secret: true,
};

const isPointers = isListOf((item) => typeof item === 'string' && isJsonPointer(item));

function isSelection(value: unknown): boolean {
  if (!isObject(value) || !hasOnly(value, ['include', 'exclude'])) return false;
  const lists = Object.values(value).filter((list) => list !== undefined);
  return lists.every(isPointers) && lists.some((list) => (list as unknown[]).length > 0);
}

const TENANT_SOURCES = new Map([
  ['jwtClaim', 'name'],
  ['lambdaContext', 'name'],
  ['untrustedHeader', 'name'],
  ['iamPrincipal', undefined],
  ['apiKeyId', undefined],
  ['all', 'of'],
]);

function isTenantSource(value: unknown, level = 1): boolean {
  if (value === 'auto' || value === 'none') return true;
  if (!isObject(value) || !TENANT_SOURCES.has(value.source as string)) return false;
  const detail = TENANT_SOURCES.get(value.source as string);
  if (!hasOnly(value, detail === undefined ? ['source'] : ['source', detail])) return false;
  // "none" among others would read as less isolation than the others give.
  if (detail === 'of') return isNonEmptyListOf((source) => source !== 'none' && level < MOST_TENANT_LEVELS && isTenantSource(source, level + 1))(value.of);
  return detail === undefined || (value.source === 'untrustedHeader' ? isHeaderName(value.name) : isText(value.name));
}

function isReplayHeaders(value: unknown): boolean {
  if (!isObject(value) || !hasOnly(value, ['allow', 'deny'])) return false;
  const lists = Object.values(value).filter((list) => list !== undefined);
  return lists.length === 1 && lists.every(isListOf(isHeaderName));
}

const isCors = (value: unknown): boolean =>
  isObject(value) &&
  hasOnly(value, ['allowOrigins', 'allowCredentials']) &&
  isListOf(isText)(value.allowOrigins) &&
  (value.allowCredentials === undefined || typeof value.allowCredentials === 'boolean');

/** What the environment may say as well as code. */
const WIRE_RULES: Readonly<Record<keyof WireSettings, Rule>> = {
  headerName: header,
  headerAliases: headers,
  required: flag,
  minKeyLength: { accepts: (value) => isWhole(1, MAX_KEY_LENGTH, value), remedy: `a whole number from 1 to ${MAX_KEY_LENGTH}` },
  ttlSeconds: duration,
  rememberSeconds: durationOrNone,
  keyTime: {
    accepts: (value) => value === 'none' || value === 'uuidv7' || (isObject(value) && hasOnly(value, ['header']) && isHeaderName(value.header)),
    remedy: '"none", "uuidv7", or { header } with a header name such as "Repeatability-First-Sent"',
  },
  maxKeyAgeSeconds: durationOrNone,
  responseEncryption: oneOf('none', 'client-key'),
  processingTimeoutSeconds: duration,
  clockMarginSeconds: durationOrNone,
  includeRequestHash: flag,
  fingerprint: {
    accepts: (value) => value === 'bytes' || value === 'json' || isSelection(value),
    remedy: '"bytes", "json", or { include, exclude } with at least one JSON Pointer such as "/amount"',
  },
  tenant: {
    accepts: (value) => isTenantSource(value) || isFunction(value),
    remedy: '"auto", "none", a source such as { source: "jwtClaim", name: "account_id" }, or a function',
  },
  keyScope: oneOf('route', 'api'),
  onConflict: oneOf('reject', 'wait'),
  waitSeconds: durationOrNone,
  onStoreError: oneOf('reject', 'execute'),
  storeResponse: {
    accepts: (value) =>
      value === 'all' || value === 'definitive' || isFunction(value) || isNonEmptyListOf((status) => isWhole(200, 599, status))(value),
    remedy: '"all", "definitive", a list of statuses from 200 to 599, or a function',
  },
  thrownErrors: oneOf('store', 'release'),
  takeover: oneOf('allow', 'never'),
  errorFormat: oneOf('json', 'problem'),
  replayMarkerAliases: headers,
  retryHintHeaders: headers,
  namespace: { accepts: isText, remedy: 'a string that is not empty' },
  disabled: flag,
  routeMetrics: flag,
  cors: { accepts: isCors, remedy: '{ allowOrigins, allowCredentials } with a list of origins' },
};

const RULES: Readonly<Record<keyof IdempotencyOptions, Rule>> = {
  ...WIRE_RULES,
  store: {
    accepts: (value) => {
      if (!hasMethods(value, ['claim', 'complete', 'release', 'read'])) return false;
      const { limits, bodies } = value as Members;
      return hasLimits(limits) && (bodies === undefined || hasMethods(bodies, ['put', 'get']));
    },
    remedy: 'a DynamoDbStore, a MemoryStore or another IdempotencyStore with its limits',
  },
  overflow: { accepts: (value) => hasMethods(value, ['put', 'get']), remedy: 'an OverflowStore' },
  methods: {
    accepts: isNonEmptyListOf((method) => typeof method === 'string' && /^[A-Z]+$/.test(method)),
    remedy: 'a list of at least one method in upper case, such as ["POST"]',
  },
  authorize: hook,
  replayHeaders: { accepts: isReplayHeaders, remedy: '{ allow: [...] } or { deny: [...] } with header names' },
  replayMarker: header,
  formatError: hook,
  onDuplicate: hook,
  logger: { accepts: (value) => hasMethods(value, ['info', 'warn', 'error']), remedy: 'an object with info, warn and error' },
  metrics: { accepts: (value) => hasMethods(value, ['measure']), remedy: 'an object with measure' },
  keySecret: secret,
  previousKeySecret: secret,
};

/**
 * The options as given, once each of them is known and of its type. A member
 * whose value is undefined counts as absent.
 *
 * @param where names the place in error messages, `options of idempotent()` say
 * @throws IdempotencyConfigurationError naming the option, its value and the remedy
 */
export function validateOptions(options: unknown, where: string): IdempotencyOptions {
  return validated<IdempotencyOptions>(options, RULES, where);
}

/**
 * The settings that a construct put into the environment.
 *
 * @param json the value of `IDEMPOTENCY_SETTINGS`
 * @throws IdempotencyConfigurationError naming the variable and the setting
 */
export function parseConfiguration(json: string | undefined): WireConfiguration | undefined {
  if (json === undefined || json === '') return undefined;
  const configuration = parseJson(json);
  if (!isObject(configuration) || !hasOnly(configuration, ['defaults', 'routes'])) {
    throw new IdempotencyConfigurationError(ENV.SETTINGS, `${ENV.SETTINGS} is not an object of "defaults" and "routes"; ${REDEPLOY}`);
  }
  return {
    defaults: validated<WireSettings>(configuration.defaults, WIRE_RULES, `"defaults" of ${ENV.SETTINGS}`),
    ...(configuration.routes === undefined ? {} : { routes: routesOf(configuration.routes) }),
  };
}

const REDEPLOY = 'let the construct write it, or use idempotency.environment(settings)';

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new IdempotencyConfigurationError(ENV.SETTINGS, `${ENV.SETTINGS} is not JSON; ${REDEPLOY}`, { cause });
  }
}

function routesOf(routes: unknown): Readonly<Record<string, WireSettings>> {
  if (!isObject(routes)) {
    throw new IdempotencyConfigurationError(ENV.SETTINGS, `"routes" of ${ENV.SETTINGS} is ${shown(routes)}; ${REDEPLOY}`);
  }
  const entries = Object.entries(routes).map(([route, settings]) => {
    if (!/^[A-Z]+ \S+$/.test(route)) {
      throw new IdempotencyConfigurationError(
        ENV.SETTINGS,
        `"routes" of ${ENV.SETTINGS} has ${shown(route)}; name a route by method and template, as in "POST /payments"`,
      );
    }
    return [route, validated<WireSettings>(settings, WIRE_RULES, `route "${route}" of ${ENV.SETTINGS}`)] as const;
  });
  return Object.fromEntries(entries);
}

function validated<T extends object>(options: unknown, rules: Readonly<Record<string, Rule>>, where: string): T {
  if (!isObject(options)) {
    throw new IdempotencyConfigurationError(where, `${where}: expected an object, got ${shown(options)}`);
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(rules, name)) throw new IdempotencyConfigurationError(name, `${where}: unknown option ${name}${suggestion(name, rules)}`);
    const rule = rules[name]!;
    if (rule.accepts(value)) continue;
    const what = rule.secret === true ? 'not usable (its value is not shown)' : shown(value);
    throw new IdempotencyConfigurationError(name, `${where}: ${name} is ${what}; give ${rule.remedy}`);
  }
  return Object.freeze(Object.fromEntries(given)) as T;
}

function suggestion(name: string, rules: Readonly<Record<string, Rule>>): string {
  const known = nearest(name, Object.keys(rules));
  return known === undefined ? `; known are ${Object.keys(rules).join(', ')}` : `; did you mean ${known}?`;
}

/** A value as an error message may show it: short, and of an object no more than the names of its members. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (Array.isArray(value)) {
    const items = value.slice(0, 3).map((item) => (Array.isArray(item) ? 'a list' : shown(item)));
    return `a list (${items.join(', ')}${value.length > 3 ? ', ...' : ''})`;
  }
  if (isObject(value)) return `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'no members'}`;
  return String(value);
}

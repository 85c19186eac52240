import type { IdempotencyOptions } from './options';
import { HEADERS, type WireConfiguration, type WireSettings } from '../../lib/contract';
import type { Retention } from '../protocol/retention';
import { seconds } from '../time';

/** What holds where neither code nor environment says anything. */
export const DEFAULTS = {
  headerName: HEADERS.KEY,
  headerAliases: [],
  required: false,
  minKeyLength: 1,
  ttlSeconds: 86_400,
  rememberSeconds: 0,
  keyTime: 'none',
  maxKeyAgeSeconds: 0,
  responseEncryption: 'none',
  processingTimeoutSeconds: 30,
  clockMarginSeconds: 2,
  includeRequestHash: false,
  fingerprint: 'bytes',
  tenant: 'auto',
  keyScope: 'route',
  storeResponse: 'all',
  takeover: 'allow',
  namespace: 'default',
  thrownErrors: 'store',
  onConflict: 'reject',
  waitSeconds: 8,
  onStoreError: 'reject',
  replayHeaders: { deny: [] },
  replayMarker: HEADERS.REPLAY,
  replayMarkerAliases: [],
  retryHintHeaders: [HEADERS.SHOULD_RETRY],
  errorFormat: 'json',
  disabled: false,
  routeMetrics: true,
} as const satisfies IdempotencyOptions;

/** Methods without effects (RFC 9110, section 9.2.1): a key on them changes nothing unless `methods` lists them. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Every option that has a default, and those of the others that were given. */
export type ResolvedSettings = IdempotencyOptions & Required<Pick<IdempotencyOptions, keyof typeof DEFAULTS>>;

export interface SettingsSources {
  /** Options in code, validated. */
  readonly code: IdempotencyOptions;
  readonly environment: WireConfiguration | undefined;
  readonly method: string;
  /** The route template. */
  readonly route: string;
}

/** What holds for one route: code over the route's own settings over the function's over the defaults. */
export function resolveSettings({ code, environment, method, route }: SettingsSources): ResolvedSettings {
  return {
    ...DEFAULTS,
    ...given(environment?.defaults),
    ...given(routeSettings(environment?.routes, method, route)),
    ...given(code),
  };
}

/** How long a response is kept, and its key after it. */
export const retentionOf = ({ ttlSeconds, rememberSeconds }: Pick<ResolvedSettings, 'ttlSeconds' | 'rememberSeconds'>): Required<Retention> => ({
  ttl: seconds(ttlSeconds),
  remember: seconds(rememberSeconds),
});

/** Whether a key on this method is honoured. */
export const honoursKey = (method: string, settings: Pick<IdempotencyOptions, 'methods'>): boolean =>
  settings.methods === undefined ? !SAFE_METHODS.includes(method) : settings.methods.includes(method);

/** As in API Gateway, a route of the very method hides the one for any method. */
export function routeSettings(routes: WireConfiguration['routes'], method: string, route: string): WireSettings | undefined {
  const name = routes && [`${method} ${route}`, `ANY ${route}`].find((candidate) => Object.hasOwn(routes, candidate));
  return name === undefined ? undefined : routes![name];
}

/** A member that is undefined must not erase what a farther source says. */
const given = <T extends object>(settings: T | undefined): Partial<T> =>
  Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;

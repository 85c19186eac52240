import { Duration, Token } from 'aws-cdk-lib';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { HEADERS, MOST_SECONDS, MOST_TENANT_LEVELS, WireCors, WireFingerprint, WireKeyTime, WireSettings, WireTenant } from '../contract';
import { CorsSettings } from '../cors-settings';
import { refuse } from './errors';
import { IdempotencySettings } from '../idempotency-settings';
import { requireTypes, SETTINGS, TIMES } from './option-types';

/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 6901, section 3. */
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;
/** The serialization of a tuple origin (WHATWG HTML, section 7.1.1), which a path or a final slash is not. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/i;
const LONGEST_KEY = 255;
/** RFC 9562, section 4. */
const UUID_LENGTH = 36;
/** API reference of Secrets Manager, GetSecretValue. */
const VERSION_ID = /^\S{32,64}$/;

/** Settings as the environment carries them. Values that are known at synth are checked; tokens are left to the runtime. */
export function toWireSettings(site: IConstruct, settings: IdempotencySettings): WireSettings {
  requireTypes(site, SETTINGS, settings);
  checkHeaderNames(site, 'headerName', settings.headerName === undefined ? [] : [settings.headerName]);
  checkHeaderNames(site, 'headerAliases', settings.headerAliases ?? [], settings.headerName ?? HEADERS.KEY);
  checkHeaderNames(site, 'replayMarkerAliases', settings.replayMarkerAliases ?? [], HEADERS.REPLAY);
  checkHeaderNames(site, 'retryHintHeaders', settings.retryHintHeaders ?? []);
  checkMinKeyLength(site, settings.minKeyLength, settings.keyTime?._render());
  checkNamespace(site, settings.namespace);
  checkVersionOfSecret(site, 'keySecret', settings.keySecret, settings.keySecretVersionId);
  checkEncryption(site, settings);
  checkVersionOfSecret(site, 'previousKeySecret', settings.previousKeySecret, settings.previousKeySecretVersionId);

  const wait = settings.onConflict?._longestWait();
  requireTypes(site, TIMES, { onConflict: wait });
  return defined({
    headerName: settings.headerName,
    headerAliases: settings.headerAliases,
    required: settings.required,
    minKeyLength: settings.minKeyLength,
    ttlSeconds: seconds(site, 'ttl', settings.ttl, 1),
    rememberSeconds: seconds(site, 'remember', settings.remember, 0),
    keyTime: keyTime(site, settings.keyTime?._render(), settings.headerName ?? HEADERS.KEY),
    maxKeyAgeSeconds: seconds(site, 'maxKeyAge', settings.maxKeyAge, 1),
    responseEncryption: settings.responseEncryption?._render(),
    processingTimeoutSeconds: seconds(site, 'processingTimeout', settings.processingTimeout, 1),
    clockMarginSeconds: seconds(site, 'clockMargin', settings.clockMargin, 0),
    includeRequestHash: settings.includeRequestHash,
    fingerprint: fingerprint(site, settings.fingerprint?._render()),
    tenant: tenant(site, settings.tenant?._render()),
    keyScope: settings.keyScope,
    onConflict: settings.onConflict === undefined ? undefined : wait === undefined ? 'reject' : 'wait',
    waitSeconds: seconds(site, 'onConflict', wait, 1),
    onStoreError: settings.onStoreError,
    storeResponse: storeResponse(site, settings.storeResponse?._render()),
    thrownErrors: settings.thrownErrors,
    takeover: settings.takeover,
    errorFormat: settings.errorFormat,
    replayMarkerAliases: settings.replayMarkerAliases,
    retryHintHeaders: settings.retryHintHeaders,
    namespace: settings.namespace,
    cors: cors(site, settings.cors),
  });
}

/** The members that have a value, so that a spread of them never erases a farther setting. */
export function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

function checkHeaderNames(site: IConstruct, prop: string, names: readonly string[], taken?: string): void {
  const seen = new Set(taken === undefined ? [] : [taken.toLowerCase()]);
  for (const name of names) {
    if (Token.isUnresolved(name)) continue;
    if (typeof name !== 'string' || !HEADER_NAME.test(name)) {
      refuse({
        site,
        prop,
        problem: `is ${JSON.stringify(name)}, which is no header name`,
        remedy: 'Use letters, digits and hyphens (a token of RFC 9110)',
      });
    }
    if (seen.has(name.toLowerCase())) {
      refuse({ site, prop, problem: `names ${JSON.stringify(name)} a second time`, remedy: 'Name each header once; case does not count' });
    }
    seen.add(name.toLowerCase());
  }
}

function checkMinKeyLength(site: IConstruct, length: number | undefined, time: WireKeyTime | undefined): void {
  if (length === undefined || Token.isUnresolved(length)) return;
  if (!Number.isInteger(length) || length < 1 || length > LONGEST_KEY) {
    refuse({ site, prop: 'minKeyLength', problem: `is ${length}`, remedy: `Give a whole number from 1 to ${LONGEST_KEY}` });
  }
  if (time !== 'uuidv7' || length <= UUID_LENGTH) return;
  refuse({
    site,
    prop: 'minKeyLength',
    problem: `is ${length}, and keyTime takes UUIDs alone, which have ${UUID_LENGTH} characters, so that every key would be 400`,
    remedy: `Give at most ${UUID_LENGTH}, or leave it out`,
  });
}

function checkNamespace(site: IConstruct, namespace: string | undefined): void {
  if (namespace !== '') return;
  refuse({ site, prop: 'namespace', problem: 'is empty', remedy: 'Name it, or leave it out to use the stack\'s name and the path of the construct' });
}

function checkEncryption(site: IConstruct, { responseEncryption, keySecret }: IdempotencySettings): void {
  if (responseEncryption?._render() !== 'client-key' || keySecret !== undefined) return;
  refuse({
    site,
    prop: 'responseEncryption',
    problem: 'is clientKey() without a keySecret, so that whoever reads the table could try keys against it',
    remedy: 'Give keySecret too',
  });
}

function checkVersionOfSecret(site: IConstruct, prop: string, secret: ISecret | undefined, versionId: string | undefined): void {
  if (versionId === undefined) return;
  if (secret === undefined) refuse({ site, prop: `${prop}VersionId`, problem: `is given without ${prop}`, remedy: `Give ${prop} too, or neither` });
  if (Token.isUnresolved(versionId) || VERSION_ID.test(versionId)) return;
  refuse({
    site,
    prop: `${prop}VersionId`,
    problem: `is ${JSON.stringify(versionId)}, which is no version's id`,
    remedy: 'Give the VersionId that "aws secretsmanager list-secret-version-ids" tells, 32 to 64 characters; a stage such as AWSCURRENT moves on',
  });
}

function seconds(site: IConstruct, prop: string, duration: Duration | undefined, least: number): number | undefined {
  if (duration === undefined) return undefined;
  if (duration.isUnresolved()) return unresolvedSeconds(site, prop, duration);
  const value = duration.toSeconds({ integral: false });
  if (value > MOST_SECONDS) return refuse({ site, prop, problem: `is ${value} seconds`, remedy: 'Give whole seconds, at most 1e12' });
  if (Number.isInteger(value) && value >= least) return value;
  return refuse({ site, prop, problem: `is ${value} seconds`, remedy: `Give whole seconds, at least ${least}` });
}

function unresolvedSeconds(site: IConstruct, prop: string, duration: Duration): number {
  try {
    return duration.toSeconds();
  } catch (cause) {
    return refuse({
      site,
      prop,
      problem: `is a token in ${duration.unitLabel()}, which cannot be converted at synth`,
      remedy: 'Give it with Duration.seconds()',
      cause,
    });
  }
}

/** @param taken the header of the key, which is no date */
function keyTime(site: IConstruct, value: WireKeyTime | undefined, taken: string): WireKeyTime | undefined {
  if (typeof value === 'object') checkHeaderNames(site, 'keyTime', [value.header], taken);
  return value;
}

function fingerprint(site: IConstruct, value: WireFingerprint | undefined): WireFingerprint | undefined {
  if (typeof value !== 'object') return value;
  const pointers = [...(value.include ?? []), ...(value.exclude ?? [])];
  if (pointers.length === 0 || [value.include, value.exclude].some((list) => Token.isUnresolved(list))) {
    refuse({
      site,
      prop: 'fingerprint',
      problem: pointers.length === 0 ? 'selects no JSON Pointer' : 'has a list of JSON Pointers that is not known at synth',
      remedy: 'Give include or exclude with the pointers themselves, or use Fingerprint.json() for the whole body',
    });
  }
  for (const pointer of pointers) {
    if (Token.isUnresolved(pointer) || JSON_POINTER.test(pointer)) continue;
    refuse({
      site,
      prop: 'fingerprint',
      problem: `has ${JSON.stringify(pointer)}, which is no JSON Pointer`,
      remedy: 'Begin each member with "/", and write "~0" for "~" and "~1" for "/" (RFC 6901)',
    });
  }
  return value;
}

function tenant(site: IConstruct, value: WireTenant | undefined, level = 1): WireTenant | undefined {
  if (typeof value !== 'object') return value;
  if (value.source === 'all') {
    if (level >= MOST_TENANT_LEVELS) {
      refuse({ site, prop: 'tenant', problem: `has ${MOST_TENANT_LEVELS} sources within one another, or more`, remedy: 'Give one TenantSource.all() all of them' });
    }
    if (value.of.length === 0 || value.of.includes('none')) {
      refuse({
        site,
        prop: 'tenant',
        problem: value.of.length === 0 ? 'combines no source' : 'combines TenantSource.none() with others',
        remedy: 'Give TenantSource.all() the sources that make a tenant, or use TenantSource.none() alone',
      });
    }
    value.of.forEach((source) => tenant(site, source, level + 1));
    return value;
  }
  if (!('name' in value) || Token.isUnresolved(value.name)) return value;
  if (!value.name) {
    refuse({ site, prop: 'tenant', problem: `has ${value.name === '' ? 'an empty' : 'no'} name for ${value.source}`, remedy: 'Name the claim, field or header' });
  }
  if (value.source === 'untrustedHeader') checkHeaderNames(site, 'tenant', [value.name]);
  return value;
}

function cors(site: IConstruct, settings: CorsSettings | undefined): WireCors | undefined {
  if (settings === undefined) return undefined;
  const bad = settings.allowOrigins.find((origin) => !Token.isUnresolved(origin) && origin !== '*' && !ORIGIN.test(origin));
  if (settings.allowOrigins.length === 0 || bad !== undefined) {
    refuse({
      site,
      prop: 'cors',
      problem: bad === undefined ? 'allows no origin' : `allows ${JSON.stringify(bad)}, which is no origin`,
      remedy: 'Give scheme, host and port as browsers send them, as in "https://shop.example", or "*"',
    });
  }
  if (settings.allowCredentials && settings.allowOrigins.includes('*')) {
    refuse({
      site,
      prop: 'cors',
      problem: 'allows credentials from the origin "*", which browsers refuse',
      remedy: 'Name the origins, or leave allowCredentials out',
    });
  }
  return settings;
}

function storeResponse(site: IConstruct, value: 'all' | 'definitive' | number[] | undefined): WireSettings['storeResponse'] {
  if (!Array.isArray(value)) return value;
  const bad = value.find((code) => !Token.isUnresolved(code) && !(Number.isInteger(code) && code >= 200 && code <= 599));
  if (value.length === 0 || bad !== undefined) {
    refuse({
      site,
      prop: 'storeResponse',
      problem: bad === undefined ? 'lists no status code' : `lists ${bad}, which no response ends with`,
      remedy: 'List codes from 200 to 599, or use StoreResponse.all() or .definitive()',
    });
  }
  return value;
}

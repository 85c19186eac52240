import { Token } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Construct, IConstruct } from 'constructs';
import { ErrorFormat } from '../error-format';
import { refuse, shown } from './errors';
import { IdempotencyProps } from '../idempotency-props';
import { IdempotencySettings } from '../idempotency-settings';
import { IdempotentRouteOptions } from '../idempotent-route-options';
import { KeyScope } from '../key-scope';
import { OnStoreError } from '../on-store-error';
import { Takeover } from '../takeover';
import { ThrownErrors } from '../thrown-errors';
import { UnprotectedRoutes } from '../unprotected-routes';

/** What an option must be, and what to give instead. */
interface OptionType {
  readonly accepts: (value: unknown) => boolean;
  readonly remedy: string;
  readonly required?: true;
  /** Its value is shown to nobody. */
  readonly secret?: true;
}

type Options<T> = Readonly<Record<keyof T, OptionType>>;

const flag: OptionType = { accepts: (value) => typeof value === 'boolean', remedy: 'Give true or false; context of the command line is text' };
const text: OptionType = { accepts: (value) => typeof value === 'string', remedy: 'Give a string' };
const number: OptionType = { accepts: (value) => typeof value === 'number', remedy: 'Give a number; context of the command line is text' };
const texts: OptionType = {
  accepts: (value) => Array.isArray(value) && !Token.isUnresolved(value) && value.every((member) => typeof member === 'string'),
  remedy: 'Give a list of strings, whose length is known at synth',
};

/** By a member of it: another copy of this package or of the CDK has other classes. */
const having = (member: string, remedy: string, type = 'function'): OptionType => ({ accepts: (value) => typeof Object(value)[member] === type, remedy });
const duration = having('toSeconds', 'Give a Duration, such as Duration.seconds(30)');
const rendered = (remedy: string): OptionType => having('_render', remedy);
const oneOf = (name: string, members: Readonly<Record<string, string>>): OptionType => ({
  accepts: (value) => Object.values(members).includes(value as string),
  remedy: `Give ${Object.keys(members).map((member) => `${name}.${member}`).join(' or ')}`,
});
const secret: OptionType = { ...having('secretArn', 'Give a Secret of Secrets Manager', 'string'), secret: true };

const CORS: OptionType = {
  accepts: (value) => {
    const { allowOrigins, allowCredentials } = Object(value);
    return texts.accepts(allowOrigins) && ['undefined', 'boolean'].includes(typeof allowCredentials);
  },
  remedy: 'Give { allowOrigins: ["https://shop.example"] }, with a list whose length is known at synth, and allowCredentials as true or false',
};

export const SETTINGS: Options<IdempotencySettings> = {
  headerName: text,
  headerAliases: texts,
  required: flag,
  minKeyLength: number,
  ttl: duration,
  remember: duration,
  keyTime: rendered('Give KeyTime.uuidV7(), KeyTime.header(name) or KeyTime.none()'),
  maxKeyAge: duration,
  processingTimeout: duration,
  clockMargin: duration,
  includeRequestHash: flag,
  fingerprint: rendered('Give Fingerprint.bytes(), Fingerprint.json() or Fingerprint.jsonPointers()'),
  tenant: rendered('Give a TenantSource, such as TenantSource.jwtClaim("account_id")'),
  keyScope: oneOf('KeyScope', KeyScope),
  onConflict: having('_longestWait', 'Give OnConflict.reject() or OnConflict.wait(Duration.seconds(8))'),
  onStoreError: oneOf('OnStoreError', OnStoreError),
  storeResponse: rendered('Give StoreResponse.all(), StoreResponse.definitive() or StoreResponse.statuses([...])'),
  thrownErrors: oneOf('ThrownErrors', ThrownErrors),
  takeover: oneOf('Takeover', Takeover),
  errorFormat: oneOf('ErrorFormat', ErrorFormat),
  cors: CORS,
  replayMarkerAliases: texts,
  retryHintHeaders: texts,
  keySecret: secret,
  keySecretVersionId: text,
  previousKeySecret: secret,
  previousKeySecretVersionId: text,
  responseEncryption: rendered('Give ResponseEncryption.none() or ResponseEncryption.clientKey()'),
  namespace: text,
};

export const PROPS: Options<IdempotencyProps> = {
  ...SETTINGS,
  table: having('grantUse',
    'Give an IdempotencyTable: IdempotencyTable.fromTable() makes one of another construct, IdempotencyTable.fromTableName() one of a name'),
  largeResponses: having('_bucket', 'Give LargeResponses.newBucket() or LargeResponses.bucket(bucket)'),
  routeMetrics: flag,
  unprotectedRoutes: oneOf('UnprotectedRoutes', UnprotectedRoutes),
};

const METHODS: readonly unknown[] = Object.values(HttpMethod);

const HANDLER: OptionType = {
  required: true,
  accepts: (value) => Construct.isConstruct(value),
  remedy: 'Give a Function, or a version or an alias of one; for an ARN Function.fromFunctionArn(), behind a relay',
};

export const ROUTE_OPTIONS: Options<IdempotentRouteOptions> = {
  ...SETTINGS,
  path: { ...text, required: true },
  methods: {
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((method) => METHODS.includes(method)),
    remedy: 'Give a list of at least one method, such as HttpMethod.POST, or leave it out for every method',
  },
  handler: HANDLER,
  integrationTimeout: duration,
  idempotent: flag,
  relay: flag,
  targetTimeout: duration,
};

/** Of a function that is given by itself, and of what is given beside it. */
export const TARGET = { handler: HANDLER, targetTimeout: duration };

/** Of times that other options hold. */
export const TIMES = { onConflict: duration };

/**
 * Refuses what is of another type than its option. The languages of jsii hold
 * their callers to it; plain JavaScript does not, nor does a value without a
 * type, what `tryGetContext` returns for one.
 */
export function requireTypes(site: IConstruct, types: Readonly<Record<string, OptionType>>, values: object): void {
  for (const [prop, type] of Object.entries(types)) {
    const value = (values as Readonly<Record<string, unknown>>)[prop];
    if (value === undefined && !type.required) continue;
    if (type.accepts(value) || (Token.isUnresolved(value) && !Array.isArray(value))) continue;
    refuse({ site, prop, problem: type.secret ? 'is something else (its value is not shown)' : `is ${shown(value)}`, remedy: type.remedy });
  }
}

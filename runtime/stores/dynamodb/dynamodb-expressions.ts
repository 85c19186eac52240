import { RESPONSE_ATTRIBUTES, encodeResponse, type TableSchema } from './dynamodb-item';
import type { Values } from './dynamodb-transport';
import { ATTRIBUTES } from '../../../lib/contract';
import { FORMAT_VERSION } from '../../protocol/record';
import { minus, toEpochSeconds } from '../../time';
import type { Claim, Completion, Release } from '../store';

/** One write of the lease protocol, in parts that another layout may add to. */
export interface WriteParts {
  /** Assignments of SET. */
  readonly set: readonly string[];
  /** Attributes of REMOVE. */
  readonly remove: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly values: Values;
}

const HOLDER_NAMES = { '#st': ATTRIBUTES.STATUS, '#tok': ATTRIBUTES.TOKEN };

/** The conditions of CLAIM: any of them; `takeover` only where the claim allows it. */
export const CLAIMABLE = {
  free: 'attribute_not_exists(#id) OR #ttl < :expiredBefore',
  takeover: '(#st = :P AND #lx < :leaseEndedBefore AND #fp = :fp AND #tok <> :tok)',
  released: '(#st = :R AND #tok <> :tok)',
} as const;

/** The condition of COMPLETE and RELEASE. */
export const HELD = '#st = :P AND #tok = :tok';

export const claimParts = (claim: Claim, schema: TableSchema): WriteParts => ({
  set: [
    '#st = :P', '#tok = :tok', '#gen = if_not_exists(#gen, :zero) + :one', '#fp = :fp', '#ca = :now',
    '#lx = :leaseEnd', '#ttl = :leaseEndPlusTtl', '#v = :version',
  ],
  remove: RESPONSE_ATTRIBUTES.map((name) => `#${name}`),
  names: {
    ...HOLDER_NAMES,
    '#id': schema.partitionKey,
    '#ttl': schema.ttlAttribute,
    '#gen': ATTRIBUTES.ATTEMPT,
    '#fp': ATTRIBUTES.FINGERPRINT,
    '#ca': ATTRIBUTES.CLAIMED_AT,
    '#lx': ATTRIBUTES.LEASE_END,
    '#v': ATTRIBUTES.VERSION,
    ...Object.fromEntries(RESPONSE_ATTRIBUTES.map((name) => [`#${name}`, name])),
  },
  values: {
    ':P': { S: 'P' },
    ':R': { S: 'R' },
    ':zero': { N: '0' },
    ':one': { N: '1' },
    ':tok': { S: claim.token },
    ':fp': { B: claim.fingerprint },
    ':now': { N: String(claim.now) },
    ':leaseEnd': { N: String(claim.leaseEnd) },
    ':leaseEndPlusTtl': { N: String(claim.expiresAt) },
    ':version': { N: String(FORMAT_VERSION) },
    ':expiredBefore': { N: String(toEpochSeconds(minus(claim.now, claim.margin))) },
    ...(claim.takeover ? { ':leaseEndedBefore': { N: String(minus(claim.now, claim.margin)) } } : {}),
  },
});

export function completeParts({ token, expiresAt, response, responseExpiresAt }: Completion, schema: TableSchema): WriteParts {
  const attributes = encodeResponse(response, responseExpiresAt);
  return {
    set: ['#st = :C', '#ttl = :nowPlusTtl', ...Object.keys(attributes).map((name) => `#${name} = :${name}`)],
    remove: ['#lx'],
    names: {
      ...HOLDER_NAMES,
      '#lx': ATTRIBUTES.LEASE_END,
      '#ttl': schema.ttlAttribute,
      ...Object.fromEntries(Object.keys(attributes).map((name) => [`#${name}`, name])),
    },
    values: {
      ':P': { S: 'P' },
      ':C': { S: 'C' },
      ':tok': { S: token },
      ':nowPlusTtl': { N: String(expiresAt) },
      ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
    },
  };
}

export const releaseParts = ({ token }: Release): WriteParts => ({
  set: ['#st = :R'],
  remove: ['#lx'],
  names: { ...HOLDER_NAMES, '#lx': ATTRIBUTES.LEASE_END },
  values: { ':P': { S: 'P' }, ':R': { S: 'R' }, ':tok': { S: token } },
});

export const updateOf = ({ set, remove }: WriteParts): string => `SET ${set.join(', ')} REMOVE ${remove.join(', ')}`;

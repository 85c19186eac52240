import { RESPONSE_ATTRIBUTES, encodeResponse, type TableSchema } from './dynamodb-item';
import type { AttributeValue, Item, UpdateRequest, Values } from './dynamodb-transport';
import { ATTRIBUTES } from '../../../lib/contract';
import { FORMAT_VERSION } from '../../protocol/record';
import { minus, toEpochSeconds } from '../../time';
import type { Claim, Completion, Release } from '../store';

/** What is the same in every write of a kind, in parts that another layout may add to. */
export interface WriteShape {
  /** Assignments of SET. */
  readonly set: readonly string[];
  /** Attributes of REMOVE. */
  readonly remove: readonly string[];
  readonly names: Readonly<Record<string, string>>;
}

/** One write of the lease protocol. */
export interface WriteParts extends WriteShape {
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

export const claimParts = (claim: Claim, schema: TableSchema): WriteParts => ({ ...claimShape(schema), values: claimValues(claim) });

export const claimShape = (schema: TableSchema): WriteShape => ({
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
});

export const claimValues = (claim: Claim): Values => {
  const before = minus(claim.now, claim.margin);
  const values = {
    ':P': P,
    ':R': R,
    ':zero': { N: '0' },
    ':one': { N: '1' },
    ':tok': { S: claim.token },
    ':fp': { B: claim.fingerprint },
    ':now': { N: String(claim.now) },
    ':leaseEnd': { N: String(claim.leaseEnd) },
    ':leaseEndPlusTtl': { N: String(claim.expiresAt) },
    ':version': { N: String(FORMAT_VERSION) },
    ':expiredBefore': { N: String(toEpochSeconds(before)) },
  };
  return claim.takeover ? { ...values, ':leaseEndedBefore': { N: String(before) } } : values;
};

const P = { S: 'P' };
const R = { S: 'R' };
const C = { S: 'C' };

export function completeParts(completion: Completion, schema: TableSchema): WriteParts {
  const attributes = encodeResponse(completion.response, completion.responseExpiresAt);
  return { ...completeShape(Object.keys(attributes), schema), values: completeValues(completion, attributes) };
}

/** @param attributes names of those that the response has */
export const completeShape = (attributes: readonly string[], schema: TableSchema): WriteShape => ({
  set: ['#st = :C', '#ttl = :nowPlusTtl', ...attributes.map((name) => `#${name} = :${name}`)],
  remove: ['#lx'],
  names: {
    ...HOLDER_NAMES,
    '#lx': ATTRIBUTES.LEASE_END,
    '#ttl': schema.ttlAttribute,
    ...Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  },
});

export function completeValues({ token, expiresAt }: Completion, attributes: Item): Values {
  const values: Record<string, AttributeValue> = { ':P': P, ':C': C, ':tok': { S: token }, ':nowPlusTtl': { N: String(expiresAt) } };
  for (const name of Object.keys(attributes)) values[`:${name}`] = attributes[name]!;
  return values;
}

export const releaseParts = (release: Release): WriteParts => ({ ...RELEASE, values: releaseValues(release) });

export const releaseValues = ({ token }: Release): Values => ({ ':P': P, ':R': R, ':tok': { S: token } });

export const RELEASE: WriteShape = {
  set: ['#st = :R'],
  remove: ['#lx'],
  names: { ...HOLDER_NAMES, '#lx': ATTRIBUTES.LEASE_END },
};

export const updateOf = ({ set, remove }: WriteShape): string => `SET ${set.join(', ')} REMOVE ${remove.join(', ')}`;

/** A write of a kind as it is sent, without what differs each time. */
export type Expression = Pick<UpdateRequest, 'update' | 'condition' | 'names' | 'returnOld'>;

export const claimExpression = (takeover: boolean, schema: TableSchema): Expression => {
  const { free, takeover: overdue, released } = CLAIMABLE;
  const condition = [free, ...(takeover ? [overdue] : []), released].join(' OR ');
  const shape = claimShape(schema);
  return { update: updateOf(shape), condition, names: shape.names, returnOld: true };
};

export const holderExpression = (shape: WriteShape): Expression => ({
  update: updateOf(shape),
  condition: HELD,
  names: shape.names,
  returnOld: false,
});

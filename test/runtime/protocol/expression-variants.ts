import type { Scenario } from './explorer/scenario';
import type { UpdateRequest } from '../../../runtime/stores/dynamodb/dynamodb-transport';

type Kind = 'claim' | 'complete' | 'release' | 'commit';

export interface Variant {
  readonly invariant: RegExp;
  readonly scenario?: Partial<Scenario>;
  readonly rewrite: (request: UpdateRequest, kind: Kind) => UpdateRequest;
}

/** Replaces a part of one kind's condition or update; a part that is not there is a mistake of the variant's. */
const without = (kinds: readonly Kind[], member: 'condition' | 'update', part: string, instead: string) =>
  (request: UpdateRequest, kind: Kind): UpdateRequest => {
    if (!kinds.includes(kind)) return request;
    if (!request[member].includes(part)) throw new Error(`${kind} has no ${part} in ${request[member]}`);
    return { ...request, [member]: request[member].replace(part, instead) };
  };

const OTHER_PAYLOAD: Partial<Scenario> = { payloads: [1, 2], faults: 0 };
const RELEASES: Partial<Scenario> = { jumps: 1, retryable: [0] };
const COMMITS: Partial<Scenario> = { commits: [0, 1] };
const NO_FAULT: Partial<Scenario> = { faults: 0 };
const EXPIRED: Partial<Scenario> = { faults: 0, jumps: 2, jumpsTo: ['lease', 'retention'] };
const THREE: Partial<Scenario> = { requests: 3, payloads: [1, 1, 1], faults: 0 };

/** The store's expressions, each without one of its safeguards: the exploration must find every one of them. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  'COMPLETE does not compare the token': { invariant: /^I[35]/, scenario: NO_FAULT, rewrite: without(['complete'], 'condition', ' AND #tok = :tok', '') },
  'COMPLETE does not compare the status': { invariant: /^I[25]/, rewrite: without(['complete'], 'condition', '#st = :P AND ', '') },
  'COMPLETE compares one or the other': { invariant: /^I[2-5]/, rewrite: without(['complete'], 'condition', ' AND ', ' OR ') },
  'RELEASE does not compare the token': { invariant: /^I[2-5]/, scenario: RELEASES, rewrite: without(['release'], 'condition', ' AND #tok = :tok', '') },
  'a commit does not compare the token': { invariant: /^I(5|10)/, scenario: COMMITS, rewrite: without(['commit'], 'condition', ' AND #tok = :tok', '') },
  'a commit does not compare the status': { invariant: /^I(2|5|10)/, scenario: COMMITS, rewrite: without(['commit'], 'condition', '#st = :P AND ', '') },
  'a takeover does not compare the fingerprint': { invariant: /^I4/, scenario: OTHER_PAYLOAD, rewrite: without(['claim'], 'condition', ' AND #fp = :fp', '') },
  'a takeover does not wait for the lease': { invariant: /^I1/, scenario: NO_FAULT, rewrite: without(['claim'], 'condition', ' AND #lx < :leaseEndedBefore', '') },
  'a takeover comes only before the end of the lease': { invariant: /^I[17]/, rewrite: without(['claim'], 'condition', '#lx < :leaseEnded', '#lx > :leaseEnded') },
  'a claim takes what has not expired': { invariant: /^I[12]/, rewrite: without(['claim'], 'condition', '#ttl < :expired', '#ttl > :expired') },
  'a claim never takes what has expired': { invariant: /^I7/, scenario: EXPIRED, rewrite: without(['claim'], 'condition', ' OR #ttl < :expiredBefore', '') },
  'a claim takes only what is there': { invariant: /^I7/, rewrite: without(['claim'], 'condition', 'attribute_not_exists(#id) OR ', '') },
  'a claim keeps the token of before': { invariant: /^I/, scenario: NO_FAULT, rewrite: without(['claim'], 'update', '#tok = :tok', '#tok = if_not_exists(#tok, :tok)') },
  'a claim does not bind the key to its request': {
    invariant: /^I4/, scenario: { ...OTHER_PAYLOAD, jumpsTo: ['retention'] }, rewrite: without(['claim'], 'update', '#fp = :fp', '#fp = if_not_exists(#fp, :fp)'),
  },
  'a claim does not set the end of its lease anew': {
    invariant: /^I1/, scenario: THREE, rewrite: without(['claim'], 'update', '#lx = :leaseEnd', '#lx = if_not_exists(#lx, :leaseEnd)'),
  },
  'a claim does not set the expiry anew': {
    invariant: /^I[1-7]/, scenario: { ...THREE, jumpsTo: ['retention'] }, rewrite: without(['claim'], 'update', '#ttl = :leaseEndPlusTtl', '#ttl = if_not_exists(#ttl, :leaseEndPlusTtl)'),
  },
};

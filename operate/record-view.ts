import { bytes, columns, fromNow, iso, plain, plainLine } from './text';
import { DEFAULTS } from '../runtime/configuration/settings';
import { isReadable, type IdempotencyRecord, type StoredRecord, type StoredResponse } from '../runtime/protocol/record';
import { isExpired, isResponseExpired } from '../runtime/protocol/transitions';
import { describeFingerprint } from '../runtime/request/fingerprint';
import { unpack } from '../runtime/response/codec';
import type { Seal } from '../runtime/response/seal';
import { isOf } from '../runtime/stores/overflow/overflow-store';
import { minus, seconds, type EpochMillis } from '../runtime/time';

/** What a record is to the next request with its key. */
export type State = 'in_progress' | 'lease_over' | 'completed' | 'released' | 'expired' | 'unreadable';

/** As the runtime judges times where `clockMarginSeconds` is not set. */
const MARGIN = seconds(DEFAULTS.clockMarginSeconds);

export function stateOf(record: StoredRecord, now: EpochMillis): State {
  if (!isReadable(record)) return 'unreadable';
  if (isExpired(record, now, MARGIN)) return 'expired';
  switch (record.status) {
    case 'P': return record.leaseEnd !== undefined && record.leaseEnd < minus(now, MARGIN) ? 'lease_over' : 'in_progress';
    case 'C': return 'completed';
    case 'R': return 'released';
  }
}

const STATES: Readonly<Record<State, readonly [name: string, meaning: string]>> = {
  in_progress: ['in progress', 'retries get 409 until the lease is over'],
  lease_over: ['in progress, its lease is over', 'the next retry of the same request takes over and runs the handler again; where takeover is "never", retries get 409 until it expires'],
  completed: ['completed', 'retries get the recorded response until it expires'],
  released: ['released', 'the next request with this key runs the handler'],
  expired: ['expired', 'the next request with this key runs the handler, unless keyTime tells that it is late (412); DynamoDB deletes such records within days'],
  unreadable: ['unreadable', 'requests with this key get 503 until it expires'],
};

export const nameOf = (state: State): string => STATES[state][0];

/** A record without what only its owner and its client should know: as `--json` prints it. */
export interface RecordView {
  readonly id: string;
  readonly state: State;
  readonly attempt: number;
  /** Beginning of the owner's token: another one is another claim. */
  readonly claim: string;
  readonly claimedAt: string;
  readonly leaseEndsAt?: string;
  /** Until when the response is replayed, where the key is known for longer. */
  readonly responseExpiresAt?: string;
  /** Until when the key is known. */
  readonly expiresAt: string;
  /** What a retry must have in common with the request. */
  readonly compared: string;
  readonly response?: ResponseView;
}

export interface ResponseView {
  readonly statusCode: number;
  readonly headerNames: readonly string[];
  /** Of the body in the table; absent where it is elsewhere. */
  readonly storedBytes?: number;
  readonly bodyBytes?: number;
  /** The body's name where it lies beside the record: in the table, or where there is no `storedBytes` in the overflow bucket. */
  readonly overflow?: string;
  /** Retries get 410. */
  readonly tooLarge: boolean;
  /** Headers and body are encrypted. */
  readonly sealed?: true;
  readonly problem?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** @param seal opens a response that is encrypted */
export function viewOf(record: IdempotencyRecord, now: EpochMillis, showBody: boolean, seal?: Seal): RecordView {
  const { id, attempt, token, claimedAt, leaseEnd, responseExpiresAt, expiresAt, fingerprint, response } = record;
  return {
    id,
    state: stateOf(record, now),
    attempt,
    claim: token.slice(0, 8),
    claimedAt: iso(claimedAt),
    ...(leaseEnd === undefined ? {} : { leaseEndsAt: iso(leaseEnd) }),
    ...(responseExpiresAt === undefined ? {} : { responseExpiresAt: iso(responseExpiresAt * 1000) }),
    expiresAt: iso(expiresAt * 1000),
    compared: describeFingerprint(fingerprint) ?? 'by a scheme of a newer version',
    ...(response === undefined ? {} : { response: responseView(id, response, showBody, seal) }),
  };
}

function responseView(id: string, stored: StoredResponse, showBody: boolean, seal: Seal | undefined): ResponseView {
  const { statusCode, headers, body, overflow, encoding } = stored;
  const known = {
    statusCode,
    headerNames: headers.map(([name]) => name),
    ...(body === undefined ? {} : { storedBytes: body.length }),
    ...(overflow === undefined ? {} : { overflow }),
    tooLarge: encoding.tooLarge,
    ...(encoding.sealed ? { sealed: true as const } : {}),
    ...(showBody ? { headers } : {}),
  };
  if (overflow !== undefined && !isOf(overflow, id)) return { ...known, problem: 'it names the body of another record' };
  if (body === undefined || (encoding.sealed && seal === undefined)) return known;
  try {
    const unpacked = unpack(stored, seal);
    return {
      ...known,
      headerNames: unpacked.headers.map(([name]) => name),
      ...(showBody ? { headers: unpacked.headers } : {}),
      bodyBytes: Buffer.byteLength(unpacked.body, unpacked.isBase64Encoded ? 'base64' : 'utf8'),
      ...(showBody ? { body: unpacked.body, isBase64Encoded: unpacked.isBase64Encoded } : {}),
    };
  } catch (error) {
    return { ...known, problem: (error as Error).message };
  }
}

/** The same for people. */
export function linesOf(view: RecordView, record: IdempotencyRecord, now: EpochMillis): string {
  const [name, meaning] = STATES[view.state];
  const { response } = view;
  const time = (label: string, at: number | undefined): [string, string][] => (at === undefined ? [] : [[label, `${iso(at)}, ${fromNow(at, now)}`]]);
  const rows: [string, string][] = [
    ['record', view.id],
    ['state', `${name}: ${view.state === 'completed' ? meaningOf(record, now) : meaning}`],
    ['attempt', `${view.attempt} (claim ${plainLine(view.claim)})`],
    ...time('claimed', record.claimedAt),
    ...time('lease ends', record.leaseEnd),
    ...time('response until', record.responseExpiresAt === undefined ? undefined : record.responseExpiresAt * 1000),
    ...time(record.responseExpiresAt === undefined ? 'expires' : 'known until', record.expiresAt * 1000),
    ['compared', view.compared],
    ...(response === undefined ? [] : [['response', summaryOf(response)] as [string, string]]),
  ];
  return [columns(rows), ...(response === undefined ? [] : contentOf(response))].join('\n');
}

/** What a completed record means to the next retry. */
function meaningOf(record: IdempotencyRecord, now: EpochMillis): string {
  if (isResponseExpired(record, now, MARGIN)) return 'retries get 410 until the key is forgotten, the response is kept no longer';
  if (record.response?.encoding.tooLarge) return 'retries get 410 until it expires, the response was too large to keep';
  return record.responseExpiresAt === undefined ? STATES.completed[1] : 'retries get the recorded response, then 410 for as long as the key is known';
}

function summaryOf({ statusCode, headerNames, storedBytes, bodyBytes, overflow, tooLarge, sealed, problem }: ResponseView): string {
  const stored = storedBytes === undefined || storedBytes === bodyBytes ? '' : `, ${bytes(storedBytes)} stored`;
  const beside = overflow === undefined ? '' : ' beside the record';
  const size = tooLarge ? 'body not kept'
    : overflow !== undefined && storedBytes === undefined ? `body in the overflow bucket, object ${plainLine(overflow)}`
      : bodyBytes === undefined ? (sealed ? `encrypted, body of ${bytes(storedBytes ?? 0)} stored${beside}` : 'body unreadable') : `body of ${bytes(bodyBytes)}${beside}${stored}`;
  const headers = headerNames.length === 0 ? (sealed && bodyBytes === undefined ? 'headers encrypted as well' : 'no headers') : `headers ${headerNames.map(plainLine).join(', ')}`;
  return `status ${statusCode}, ${size}, ${headers}${problem === undefined ? '' : ` (${problem})`}`;
}

const contentOf = ({ headers, body, isBase64Encoded }: ResponseView): string[] => [
  ...(headers ?? []).map(([name, value]) => plainLine(`${name}: ${value}`)),
  ...(body === undefined ? [] : [isBase64Encoded ? '(base64)' : '', plain(body)]),
];

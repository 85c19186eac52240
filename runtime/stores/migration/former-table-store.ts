import { BothStores, type Watcher } from './both-stores';
import { endOf, recordOf, type FormerState } from './former-state';
import { ATTRIBUTES, FORMER_ATTRIBUTES } from '../../../lib/contract';
import { isReadable, type RecordStatus, type StoredRecord, type StoredResponse } from '../../protocol/record';
import type { HttpResponse } from '../../request/fronts/front';
import { unpack } from '../../response/codec';
import { plus, type EpochMillis } from '../../time';
import { CLAIMABLE, HELD, claimParts, completeParts, releaseParts, updateOf, type WriteParts } from '../dynamodb/dynamodb-expressions';
import { decodeItem, type TableSchema } from '../dynamodb/dynamodb-item';
import type { DynamoDbTransport, Item, UpdateReply, Values } from '../dynamodb/dynamodb-transport';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, StoreRequest, WriteReply } from '../store';

/** How another system lays out the items of its idempotency table, and what it makes of each. */
export interface FormerLayout {
  /** `ttlAttribute`: where the expiry of our own records is. */
  readonly schema: TableSchema;
  readonly statusAttribute: string;
  /** What `statusAttribute` says to the former system in each of our states. */
  readonly statuses: Readonly<Record<RecordStatus, string>>;
  /** The attributes of a response, which a claim removes. */
  readonly responseAttributes: readonly string[];
  /** The item's key. */
  key(id: string): Item;
  /**
   * The id of a request's item, where there can be one, from the event and a
   * spelling of the key; the call's own id without a request.
   */
  idOf?(event: unknown, context: unknown, key: string): string | undefined;
  /**
   * The condition under which an item that the former system wrote last may be
   * claimed, in terms of `#fst` (the status), `:fP`, `:expiredBefore` (seconds),
   * `:leaseEndedBefore` (milliseconds; only of a claim that may take over) and
   * `names`.
   */
  overdue(claim: Claim): { readonly condition: string; readonly names: Readonly<Record<string, string>> } | undefined;
  /** Attributes beside the status, so that the former system honours a claim, a response, and that it may run. */
  claimed(claim: Claim): Values;
  completed(completion: Completion, request: StoreRequest | undefined): Values;
  /** @param claim the last one made here, which may be none: another host's is released by its token alone */
  released(claim: Claim | undefined): Values;
  /** What an item says that the former system wrote last. */
  state(item: Readonly<Record<string, unknown>>, request: StoreRequest | undefined): FormerState;
}

/**
 * A response lies in an item twice, as ours and as the former system's: what each
 * of the two may take, so that both and the rest stay below 400 KB.
 */
const COPY_BYTES = 200_000;

const TOO_LARGE: HttpResponse = {
  statusCode: 410,
  headers: [['Content-Type', 'application/json']],
  cookies: [],
  body: '{"code":"IDEMPOTENCY_RESULT_TOO_LARGE","message":"The result was too large to keep","status":410}',
  isBase64Encoded: false,
};

/** A response that there is nothing of to tell. */
const NOT_TOLD: StoredResponse = { statusCode: 200, headers: [], encoding: { base64: false, deflated: false, tooLarge: true } };

/** What the former system is to replay. */
export function responseToTell(response: StoredResponse): HttpResponse {
  try {
    return unpack(response);
  } catch {
    return TOO_LARGE;
  }
}

/** From when the former system may run another execution: not before we would, though its host's clock may be ahead. */
export const mayBeFollowedAt = ({ takeover, leaseEnd, expiresAt, margin }: Claim): EpochMillis =>
  plus(takeover ? leaseEnd : endOf(expiresAt), margin);

const NOBODY: Watcher = { diverged: () => {}, hit: () => {} };

/**
 * Our records in the table of a former system, in place: each of our writes also
 * says it in the former system's terms, and what that wrote is honoured, so that
 * old and new code may serve side by side, in a deployment that rolls forward or
 * back.
 *
 * An item is the former system's where it has no token of ours, or a status that
 * ours does not go with: then the former system wrote last, without a fence, as
 * it does where an execution outlives its time.
 *
 * An item lies under the former system's id, which may say nothing of the tenant,
 * so each of ours names the record that it is. One that names another is shown
 * as that record, without its response: to whoever asks it is a mismatch.
 *
 * A key in quotes is to the former system another one than the same key bare, and
 * to us the same. Such a request claims both items, the one as it was sent and
 * the bare one: that excludes old code on the first and all of ours on the second.
 */
export class FormerTableStore implements IdempotencyStore {
  public readonly limits: StoreLimits = { itemBytes: COPY_BYTES, writeUnitBytes: 1024 };
  /** Of the request: former records know no request, so they are compared with themselves. */
  #claim: Claim | undefined;

  public constructor(
    private readonly table: string,
    private readonly layout: FormerLayout,
    private readonly transport: DynamoDbTransport,
    private readonly request?: StoreRequest,
    /** The request's key in the former table; without one, the ids of the calls are the keys. */
    private readonly formerId?: string,
  ) {}

  public forRequest(request: StoreRequest): IdempotencyStore {
    const { table, layout, transport } = this;
    const { event, context, key, sentKey } = request;
    const under = (formerId: string | undefined) => new FormerTableStore(table, layout, transport, request, formerId);
    const bare = layout.idOf?.(event, context, key);
    const asSent = sentKey === key ? bare : layout.idOf?.(event, context, sentKey);
    if (asSent === undefined || bare === undefined || asSent === bare) return under(bare ?? asSent);
    return new BothStores(under(asSent), under(bare), this.limits, NOBODY);
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const { layout } = this;
    this.#claim = claim;
    const { free, takeover, released } = CLAIMABLE;
    const ours = [...(claim.takeover ? [`(${takeover} AND #fst = :fP AND #oid = :oid)`] : []), `(${released} AND #fst = :fR)`];
    const overdue = layout.overdue(claim);
    const theirs = overdue === undefined ? [] : [`(attribute_not_exists(#tok) AND ${overdue.condition})`];
    const named = addTo(claimParts(claim, layout.schema), { '#oid': FORMER_ATTRIBUTES.RECORD_ID }, { ':oid': { S: claim.id } }, ['#oid = :oid']);
    const write = addTo(this.#withLayout(named, 'P', layout.claimed(claim), layout.responseAttributes), overdue?.names ?? {}, { ':fR': { S: layout.statuses.R } });
    const reply = await this.#update(claim.id, write, [free, ...ours, ...theirs].join(' OR '), true, options);
    if (!reply.applied) return { applied: false, current: this.#record(claim.id, reply.item) };
    const { old } = reply;
    const isItem = old !== undefined && Object.keys(old).length > Object.keys(layout.key('')).length;
    return { applied: true, previous: isItem ? this.#record(claim.id, old) : undefined };
  }

  /** Never fails for its copy's sake. */
  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    const copy = this.#copyOf(completion);
    if (copy === undefined) return this.#completeWith(completion, this.#nothingOf(completion), options);
    try {
      return await this.#completeWith(completion, copy, options);
    } catch (error) {
      // Refused as it stands, by whichever of its rules: nothing was written.
      if (!isInvalid(error)) throw error;
      return this.#completeWith(completion, this.#nothingOf(completion), options);
    }
  }

  public release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.#writeAsHolder(release.id, this.#withLayout(releaseParts(release), 'R', this.layout.released(this.#claim)), options);
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#record(id, await this.transport.get({ table: this.table, key: this.#key(id) }, options));
  }

  /** The response in the former system's terms; undefined where it has no such terms, or too many. */
  #copyOf(completion: Completion): Values | undefined {
    try {
      const copy = this.layout.completed(completion, this.request);
      // As JSON, an attribute value is longer than what DynamoDB counts.
      return Buffer.byteLength(JSON.stringify(copy)) <= COPY_BYTES ? copy : undefined;
    } catch {
      return undefined;
    }
  }

  #nothingOf(completion: Completion): Values {
    return this.layout.completed({ ...completion, response: NOT_TOLD }, this.request);
  }

  #completeWith(completion: Completion, copy: Values, options?: CallOptions): Promise<WriteReply> {
    return this.#writeAsHolder(completion.id, this.#withLayout(completeParts(completion, this.layout.schema), 'C', copy), options);
  }

  async #writeAsHolder(id: string, parts: WriteParts, options?: CallOptions): Promise<WriteReply> {
    const write = addTo(parts, {}, { ':fP': { S: this.layout.statuses.P } });
    const reply = await this.#update(id, write, `${HELD} AND #fst = :fP`, false, options);
    return reply.applied ? { applied: true } : { applied: false, current: this.#record(id, reply.item) };
  }

  /** The write, which says the same to the former system. */
  #withLayout(parts: WriteParts, status: RecordStatus, attributes: Values, removed: readonly string[] = []): WriteParts {
    const told = Object.entries(attributes);
    return {
      set: [...parts.set, `#fst = :f${status}`, ...told.map((_, index) => `#f${index} = :f${index}`)],
      remove: [...parts.remove, ...removed.map((_, index) => `#fr${index}`)],
      names: {
        ...parts.names,
        '#fst': this.layout.statusAttribute,
        ...Object.fromEntries(told.map(([name], index) => [`#f${index}`, name])),
        ...Object.fromEntries(removed.map((name, index) => [`#fr${index}`, name])),
      },
      values: {
        ...parts.values,
        [`:f${status}`]: { S: this.layout.statuses[status] },
        ...Object.fromEntries(told.map(([, value], index) => [`:f${index}`, value])),
      },
    };
  }

  #update(id: string, parts: WriteParts, condition: string, returnOld: boolean, options?: CallOptions): Promise<UpdateReply> {
    const { names, values } = parts;
    return this.transport.update({ table: this.table, key: this.#key(id), update: updateOf(parts), condition, names, values, returnOld }, options);
  }

  #key(id: string): Item {
    return this.layout.key(this.formerId ?? id);
  }

  /** Under the id of ours: that of the item may be a raw key, which is nobody's to log. */
  #record(id: string, item: Record<string, unknown> | undefined): StoredRecord | undefined {
    if (item === undefined) return undefined;
    const { layout } = this;
    if (item[ATTRIBUTES.TOKEN] !== undefined) {
      const owner = textOf(item[FORMER_ATTRIBUTES.RECORD_ID]);
      if (owner === undefined) return { id, unreadable: 'malformed', detail: `attribute ${FORMER_ATTRIBUTES.RECORD_ID} is missing or not of its type` };
      const record = { ...decodeItem(item, layout.schema), id: owner };
      if (!isReadable(record)) return { ...record, id };
      if (owner !== id) return { ...record, response: undefined };
      if (textOf(item[layout.statusAttribute]) === layout.statuses[record.status]) return record;
    }
    try {
      return recordOf(layout.state(item, this.request), id, this.#claim?.fingerprint ?? new Uint8Array());
    } catch (error) {
      return { id, unreadable: 'malformed', detail: error instanceof Error ? error.message : 'a former record that cannot be read' };
    }
  }
}

const addTo = (parts: WriteParts, names: WriteParts['names'], values: Values, set: readonly string[] = []): WriteParts => ({
  set: [...parts.set, ...set],
  remove: parts.remove,
  names: { ...parts.names, ...names },
  values: { ...parts.values, ...values },
});

/** What DynamoDB says to a request that it cannot take, or not even read. */
const INVALID: ReadonlySet<unknown> = new Set(['ValidationException', 'SerializationException']);

/** By the name of the SDK's errors, by the code of our own. */
const isInvalid = (error: unknown): boolean =>
  error instanceof Error && (INVALID.has(error.name) || INVALID.has((error as { readonly code?: unknown }).code));

const textOf = (attribute: unknown): string | undefined => {
  const text = (attribute as { readonly S?: unknown } | undefined)?.S;
  return typeof text === 'string' ? text : undefined;
};

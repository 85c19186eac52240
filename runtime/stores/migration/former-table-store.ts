import { recordOf, type FormerState } from './former-state';
import { ATTRIBUTES } from '../../../lib/contract';
import type { RecordStatus, StoredRecord, StoredResponse } from '../../protocol/record';
import type { HttpResponse } from '../../request/fronts/front';
import { unpack } from '../../response/codec';
import { CLAIMABLE, HELD, claimParts, completeParts, releaseParts, updateOf, type WriteParts } from '../dynamodb/dynamodb-expressions';
import { decodeItem, type TableSchema } from '../dynamodb/dynamodb-item';
import type { DynamoDbTransport, Item, UpdateReply, Values } from '../dynamodb/dynamodb-transport';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, StoreRequest, WriteReply } from '../store';

/** How another system lays out the items of its idempotency table, and what it makes of each. */
export interface FormerLayout {
  readonly schema: TableSchema;
  readonly statusAttribute: string;
  /** What `statusAttribute` says to the former system in each of our states. */
  readonly statuses: Readonly<Record<RecordStatus, string>>;
  /** The attributes of a response, which a claim removes. */
  readonly responseAttributes: readonly string[];
  /** A condition under which an execution of the former system may be followed by another, in terms of `#fst` and `names`. */
  readonly overdue?: { readonly condition: string; readonly names: Readonly<Record<string, string>> };
  /** The item's key. */
  key(id: string): Item;
  /** The id of a request's item, where there can be one; the call's own id without a request. */
  idOf?(request: StoreRequest): string | undefined;
  /** Attributes beside the status, so that the former system honours a claim, a response, and that it may run. */
  claimed(claim: Claim): Values;
  completed(completion: Completion, request: StoreRequest | undefined): Values;
  released(): Values;
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

/** What the former system is to replay. Never throws: a completion does not fail for its copy's sake. */
export function responseToTell(response: StoredResponse): HttpResponse {
  try {
    return unpack(response);
  } catch {
    return TOO_LARGE;
  }
}

/**
 * Our records in the table of a former system, in place: each of our writes also
 * says it in the former system's terms, and what that wrote is honoured, so that
 * old and new code may serve side by side, in a deployment that rolls forward or
 * back.
 *
 * An item is the former system's where it has no token of ours, or a status that
 * ours does not go with: then the former system wrote last, without a fence, as
 * it does where an execution outlives its time.
 */
export class FormerTableStore implements IdempotencyStore {
  public readonly limits: StoreLimits = { itemBytes: COPY_BYTES, writeUnitBytes: 1024 };
  /** Of the request's claim: former records know no request, so they are compared with themselves. */
  #fingerprint: Uint8Array = new Uint8Array();

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
    return new FormerTableStore(table, layout, transport, request, layout.idOf?.(request));
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const { layout } = this;
    this.#fingerprint = claim.fingerprint;
    const parts = claimParts(claim, layout.schema);
    const { free, takeover, released } = CLAIMABLE;
    const ours = [...(claim.takeover ? [`(${takeover} AND #fst = :fP)`] : []), `(${released} AND #fst = :fR)`];
    const theirs = claim.takeover && layout.overdue ? [`(attribute_not_exists(#tok) AND ${layout.overdue.condition})`] : [];
    const write = this.#withLayout(parts, 'P', layout.claimed(claim), layout.responseAttributes);
    const reply = await this.#update(claim.id, {
      ...write,
      names: { ...write.names, ...(theirs.length > 0 ? layout.overdue!.names : {}) },
      values: { ...write.values, ':fR': { S: layout.statuses.R } },
    }, [free, ...ours, ...theirs].join(' OR '), true, options);
    if (!reply.applied) return { applied: false, current: this.#record(claim.id, reply.item) };
    const { old } = reply;
    const isItem = old !== undefined && Object.keys(old).length > Object.keys(layout.key('')).length;
    return { applied: true, previous: isItem ? this.#record(claim.id, old) : undefined };
  }

  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    const { layout } = this;
    const whole = layout.completed(completion, this.request);
    // As JSON, an attribute value is longer than what DynamoDB counts.
    const fits = Buffer.byteLength(JSON.stringify(whole)) <= COPY_BYTES;
    const attributes = fits ? whole : layout.completed({ ...completion, response: NOT_TOLD }, this.request);
    return this.#writeAsHolder(completion.id, this.#withLayout(completeParts(completion, layout.schema), 'C', attributes), options);
  }

  public release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.#writeAsHolder(release.id, this.#withLayout(releaseParts(release), 'R', this.layout.released()), options);
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#record(id, await this.transport.get({ table: this.table, key: this.#key(id) }, options));
  }

  async #writeAsHolder(id: string, parts: WriteParts, options?: CallOptions): Promise<WriteReply> {
    const write = { ...parts, values: { ...parts.values, ':fP': { S: this.layout.statuses.P } } };
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
      const record = { ...decodeItem(item, layout.schema), id };
      const said = (item[layout.statusAttribute] as { readonly S?: unknown } | undefined)?.S;
      if ('unreadable' in record || said === layout.statuses[record.status]) return record;
    }
    try {
      return recordOf(layout.state(item, this.request), id, this.#fingerprint);
    } catch (error) {
      return { id, unreadable: 'malformed', detail: error instanceof Error ? error.message : 'a former record that cannot be read' };
    }
  }
}

import { createHash } from 'node:crypto';
import type { Call } from './call';
import type { CommitEffect } from './commit-effect';
import { CommitError, EffectsRefusedError } from './commit-errors';
import { packed, recordingDeadline } from './recording';
import type { HandlerOutcome } from './run-handler';
import { retentionOf } from '../configuration/settings';
import type { Ownership, Ports } from '../protocol/acquire';
import { commit as commitRecord, type CommitPorts, type Committed } from '../protocol/commit';
import type { HttpResponse } from '../request/fronts/front';

/** DynamoDB takes 100 items in a transaction, and the record is one. */
const MOST_EFFECTS = 99;

/** What the caller gets whatever the handler does after its commit. */
export type Settled =
  | { readonly kind: 'recorded'; readonly result: unknown }
  /** Nothing was written, and the handler has let the error of it go. */
  | { readonly kind: 'contended'; readonly cause?: unknown }
  | Extract<Committed, { kind: 'superseded' | 'superseded-running' | 'unrecorded' | 'unknown' }>;

/** `commit` as one execution is given it, and what it came to. */
export class Committer {
  #commits = 0;
  #underWay: Promise<unknown> | undefined;
  #settled: Exclude<Settled, { kind: 'contended' }> | undefined;
  #contended: CommitError | undefined;
  #closed = false;

  public constructor(
    private readonly call: Call,
    private readonly ownership: Ownership,
    private readonly ports: Ports,
  ) {}

  public readonly commit = async <Response>(response: Response, effects: readonly CommitEffect[] = []): Promise<Response> => {
    const { store } = this.call;
    const ports: Ports = { ...this.ports, store };
    if (!canCommit(ports)) {
      throw new CommitError('IDEMPOTENCY_COMMIT_UNSUPPORTED', 'This store cannot commit: only DynamoDbStore has transactions. Nothing was written.');
    }
    if (this.#closed || this.#settled !== undefined || this.#underWay !== undefined) {
      throw new CommitError(
        'IDEMPOTENCY_COMMIT_OUT_OF_TURN',
        'commit() is called once, before the handler returns, and again only after EffectsRefusedError. Nothing was written by this call.',
      );
    }
    checkEffects(effects);
    const { result, recorded } = asSent(response, this.call);
    const underWay = this.#send(recorded, effects, { ...ports, random: this.call.host.random });
    this.#underWay = underWay.catch(() => undefined);
    try {
      const committed = await underWay;
      this.#conclude(committed, result);
      return result as Response;
    } finally {
      this.#underWay = undefined;
    }
  };

  /** Once nothing of it is under way any more; there will be no commit after this. */
  public async settled(ran: HandlerOutcome): Promise<Settled | undefined> {
    this.#closed = true;
    await this.#underWay;
    if (this.#contended !== undefined && ran.kind === 'threw' && ran.error === this.#contended) {
      return { kind: 'contended', cause: this.#contended.cause };
    }
    return this.#settled;
  }

  async #send(recorded: HttpResponse, effects: readonly CommitEffect[], ports: CommitPorts): Promise<Committed> {
    const deadline = recordingDeadline(this.call);
    const response = await packed(recorded, this.call, this.ownership, deadline);
    const requestToken = requestTokenOf(this.ownership.claim.token, this.#commits++);
    return commitRecord(this.ownership, { response, effects, requestToken }, retentionOf(this.call.settings), ports, deadline);
  }

  #conclude(committed: Committed, result: unknown): void {
    switch (committed.kind) {
      case 'recorded':
        this.#settled = { kind: 'recorded', result };
        return;
      case 'refused':
        throw new EffectsRefusedError(committed.reasons, { cause: committed.cause });
      case 'contended':
        this.#contended = new CommitError(
          'IDEMPOTENCY_COMMIT_CONTENDED',
          'Others wrote to the same items for as long as there was time. Nothing was written.',
          { cause: committed.cause },
        );
        throw this.#contended;
      case 'unknown':
        this.#settled = committed;
        throw new CommitError(
          'IDEMPOTENCY_COMMIT_UNKNOWN',
          'DynamoDB gave no answer, so the effects may have happened: the caller is told to send the request again.',
          { cause: committed.cause },
        );
      default:
        this.#settled = committed;
        throw new CommitError('IDEMPOTENCY_COMMIT_SUPERSEDED', 'The record is no longer this execution’s, so nothing was written.');
    }
  }
}

const canCommit = (ports: Ports): ports is Omit<CommitPorts, 'random'> => ports.store.commit !== undefined;

/** Of the claim's token, and another for each commit of an execution: DynamoDB refuses a token that comes with other items. */
const requestTokenOf = (token: string, commits: number): string =>
  createHash('sha256').update(`${token} ${commits}`).digest('base64url').slice(0, 36);

/** The response as Lambda would send it on, so that a later change of the object changes nothing. */
function asSent(response: unknown, { front }: Call): { readonly result: unknown; readonly recorded: HttpResponse } {
  let result: unknown;
  try {
    result = JSON.parse(JSON.stringify(response) ?? 'null');
  } catch (cause) {
    throw new CommitError('IDEMPOTENCY_COMMIT_INVALID', 'The response cannot be written as JSON, so no gateway could send it. Nothing was written.', { cause });
  }
  const { malformed, ...recorded } = front.normalise(result);
  if (malformed) {
    throw new CommitError('IDEMPOTENCY_COMMIT_INVALID', 'The response is none that the gateway would send on: give commit() what the handler returns. Nothing was written.');
  }
  return { result, recorded };
}

const KINDS = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const;

function checkEffects(effects: unknown): asserts effects is readonly CommitEffect[] {
  if (!Array.isArray(effects)) throw invalid(`effects must be an array of DynamoDB's TransactWriteItems, got ${typeof effects}`);
  if (effects.length > MOST_EFFECTS) throw invalid(`effects has ${effects.length} items, and DynamoDB takes ${MOST_EFFECTS} beside the record: split the operation`);
  effects.forEach((effect: unknown, index) => {
    const members = typeof effect === 'object' && effect !== null ? Object.entries(effect).filter(([, value]) => value !== undefined) : [];
    const [kind, write] = members[0] ?? [];
    if (members.length !== 1 || !KINDS.some((known) => known === kind) || typeof write !== 'object' || write === null) {
      throw invalid(`effects[${index}] must have exactly one of ${KINDS.join(', ')}, as TransactWriteItems has it`);
    }
    requireJson(effect, `effects[${index}] cannot be written as JSON, so no request could hold it: a number is a text to DynamoDB ({ N: '10' })`);
  });
}

/** What fails only while it is being sent counts as a send of unknown outcome, and the key is held for it. */
function requireJson(effect: unknown, problem: string): void {
  try {
    refuseBigInts(effect);
  } catch (cause) {
    throw invalid(problem, { cause });
  }
}

/** A circle ends with the stack. Bytes are not looked into: there may be megabytes of them. */
function refuseBigInts(value: unknown): void {
  if (typeof value === 'bigint') throw new TypeError('JSON has no BigInt.');
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) Object.values(value).forEach(refuseBigInts);
}

const invalid = (problem: string, options?: { readonly cause?: unknown }): CommitError =>
  new CommitError('IDEMPOTENCY_COMMIT_INVALID', `${problem}. Nothing was written.`, options);

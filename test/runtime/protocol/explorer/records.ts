import type { Reply, SentWrite } from './call';
import type { Scenario } from './scenario';
import { requestOf, type Shape, type Shapes } from './shapes';
import { isReadable, type IdempotencyRecord, type StoredRecord } from '../../../../runtime/protocol/record';
import { applyClaim, applyCommit, applyCompletion, applyRelease } from '../../../../runtime/protocol/transitions';
import type { CommitReply } from '../../../../runtime/stores/store';
import type { Item } from '../../../support/expressions/evaluate';
import { decodeExplored, writeByExpressions } from '../write-by-expressions';

/** What is on record for the one key: as an item, where it is written by expressions. */
export interface Stored {
  readonly record: StoredRecord | undefined;
  readonly item: Item | undefined;
  readonly shape: Shape;
  /** The same for equal records, and for no others. */
  readonly number: number;
}

export interface Applied {
  readonly after: Stored;
  readonly applied: boolean;
  readonly reply: Reply;
}

/** The records that there may be, and what writes do to them: worked out once for each record and write. */
export class Records {
  public readonly absent: Stored;
  readonly #stored = new Map<string, Stored>();
  readonly #applied = new Map<string, Applied>();
  readonly #readings = new Map<string, Reply>();

  public constructor(private readonly scenario: Scenario, private readonly shapes: Shapes) {
    this.absent = this.#store(undefined, undefined);
  }

  /** `resent`: an earlier send of it got no answer. */
  public apply(before: Stored, write: SentWrite, effectsHold: boolean, resent: boolean): Applied {
    const key = `${before.number} ${write.number} ${effectsHold} ${resent}`;
    const known = this.#applied.get(key);
    if (known !== undefined) return known;
    const result = write.sent === undefined
      ? this.#applyTransitions(before, write, effectsHold, resent)
      : this.#applyExpressions(before, write, effectsHold, resent);
    this.#applied.set(key, result);
    return result;
  }

  public read(stored: Stored, request: number): Reply {
    const key = `${stored.number} ${this.scenario.show === undefined ? '' : request}`;
    let reading = this.#readings.get(key);
    if (reading === undefined) {
      reading = this.#reply(this.scenario.expressions === undefined ? this.#show(stored.record, request) : stored.item);
      this.#readings.set(key, reading);
    }
    return reading;
  }

  #applyTransitions({ record: before }: Stored, { write }: SentWrite, effectsHold: boolean, resent: boolean): Applied {
    const transitions = { claim: applyClaim, complete: applyCompletion, release: applyRelease, commit: applyCommit, ...this.scenario.transitions };
    const { record, reply } =
      write.kind === 'claim' ? transitions.claim(before, write.claim)
        : write.kind === 'complete' ? transitions.complete(before, write.completion)
          : write.kind === 'commit' ? transitions.commit(before, write.commit, effectsHold ? 'carried-out' : EFFECTS_REFUSED)
            : transitions.release(before, write.release);
    const mayArrive = 'refusedBy' in reply && reply.refusedBy === 'effects' && resent && !this.scenario.resendsInSilence;
    const shown = 'current' in reply ? { ...reply, current: this.#show(reply.current, senderOf(write)) } : reply;
    return {
      after: this.#store(record, undefined),
      applied: reply.applied,
      reply: this.#reply(mayArrive ? { ...reply, mayStillArrive: true } : shown),
    };
  }

  #applyExpressions({ item: before }: Stored, { write, sent }: SentWrite, effectsHold: boolean, resent: boolean): Applied {
    const { expressions } = this.scenario;
    const rewritten = typeof expressions === 'function' ? expressions(sent!, write.kind) : sent!;
    const { item, applied, reply } = writeByExpressions(before, rewritten, write.kind === 'commit' ? { hold: effectsHold, resent } : undefined);
    return { after: this.#store(decodeExplored(item), item), applied, reply: this.#reply(reply) };
  }

  #show(record: StoredRecord | undefined, request: number): StoredRecord | undefined {
    return this.scenario.show === undefined ? record : this.scenario.show(record, request);
  }

  #store(record: StoredRecord | undefined, item: Item | undefined): Stored {
    const text = inOrder(item ?? record);
    let stored = this.#stored.get(text);
    if (stored === undefined) {
      stored = { record, item, shape: this.shapes.of(text), number: this.#stored.size };
      this.#stored.set(text, stored);
    }
    return stored;
  }

  #reply(value: unknown): Reply {
    const text = JSON.stringify(value) ?? 'absent';
    return { value, shape: this.shapes.of(text), number: this.shapes.number(text) };
  }
}

export const statusOf = ({ record }: Stored): string => (record === undefined ? 'nothing' : isReadable(record) ? record.status : 'unreadable');

/** Every record here was written by the protocol, in the one format. */
export const recordIn = ({ record }: Stored): IdempotencyRecord | undefined => record as IdempotencyRecord | undefined;

const EFFECTS_REFUSED: Extract<CommitReply, { refusedBy: 'effects' }> = { applied: false, refusedBy: 'effects', reasons: [{ code: 'ConditionalCheckFailed' }] };

function senderOf(write: SentWrite['write']): number {
  const { token } = write.kind === 'claim' ? write.claim
    : write.kind === 'complete' ? write.completion
      : write.kind === 'commit' ? write.commit : write.release;
  return requestOf(token);
}

/** Attributes have no order, and records of one content are one. */
function inOrder(members: object = {}): string {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return JSON.stringify(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}

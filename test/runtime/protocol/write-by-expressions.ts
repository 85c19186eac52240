import type { StoredRecord } from '../../../runtime/protocol/record';
import { decodeItem } from '../../../runtime/stores/dynamodb/dynamodb-item';
import type { TransactReply, UpdateReply, UpdateRequest } from '../../../runtime/stores/dynamodb/dynamodb-transport';
import { holds, updated, type Item } from '../../support/expressions/evaluate';

export type ExpressionReply = UpdateReply | TransactReply;

const SCHEMA = { partitionKey: 'id', ttlAttribute: 'expires_at' };

/** One request of the store on the one item, as DynamoDB carries it out. `effects` makes it part of a transaction. */
export function writeByExpressions(
  before: Item | undefined,
  request: UpdateRequest,
  effects: { readonly hold: boolean; readonly resent: boolean } | undefined,
): { readonly item: Item | undefined; readonly applied: boolean; readonly reply: ExpressionReply } {
  const refused = !holds(request.condition, before, request);
  if (refused || effects?.hold === false) {
    const reply = effects === undefined ? { applied: false as const, item: before } : cancelled(refused, before, effects.resent);
    return { item: before, applied: false, reply };
  }
  const item = updated(request.update, before ?? (request.key as Item), request);
  return { item, applied: true, reply: { applied: true, ...(effects === undefined && request.returnOld ? { old: before } : {}) } };
}

function cancelled(recordRefused: boolean, item: Item | undefined, resent: boolean): TransactReply {
  const [record, effect] = recordRefused ? [{ code: 'ConditionalCheckFailed', item }, { code: 'None' }] : [{ code: 'None' }, { code: 'ConditionalCheckFailed' }];
  return { applied: false, reasons: [record, effect], code: 'TransactionCanceledException', resent, cause: undefined };
}

export const decodeExplored = (item: Item | undefined): StoredRecord | undefined => (item === undefined ? undefined : decodeItem(item, SCHEMA));

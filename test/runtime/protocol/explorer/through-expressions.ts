import type { Write } from './call';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport, UpdateRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import type { IdempotencyStore } from '../../../../runtime/stores/store';

/** The store as it is shipped, whose requests go to the schedule instead of to DynamoDB. */
export function throughExpressions(send: <T>(write: Write, sent: UpdateRequest) => Promise<T>, get: <T>() => Promise<T>): IdempotencyStore {
  // A call of the store sends before anything else can call it.
  let write: Write;
  const update = <T>(sent: UpdateRequest): Promise<T> => send<T>(write, sent);
  const transport: DynamoDbTransport = {
    update,
    get,
    transact: ({ items }) => update(recordUpdate(items[0])),
  };
  const store = new DynamoDbStore({ tableName: 'keys', transport });
  return {
    limits: store.limits,
    claim: (claim) => ((write = { kind: 'claim', claim }), store.claim(claim)),
    complete: (completion) => ((write = { kind: 'complete', completion }), store.complete(completion)),
    release: (given) => ((write = { kind: 'release', release: given }), store.release(given)),
    commit: (given) => ((write = { kind: 'commit', commit: given }), store.commit!(given)),
    read: (id) => store.read(id),
  };
}

/** The record's part of a transaction, in the form of an update of its own. */
function recordUpdate(item: unknown): UpdateRequest {
  const { Update } = item as { readonly Update: Record<string, never> };
  return {
    table: Update.TableName!,
    key: Update.Key!,
    update: Update.UpdateExpression!,
    condition: Update.ConditionExpression!,
    names: Update.ExpressionAttributeNames!,
    values: Update.ExpressionAttributeValues!,
    returnOld: false,
  };
}

import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport, UpdateReply } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import { storeContract } from '../../../../runtime/testing/store-contract';
import type { Item } from '../../../support/expressions/evaluate';
import { writeByExpressions } from '../../protocol/write-by-expressions';

/** A table of the interpreter, which a property test holds to the embedded DynamoDB. */
function interpreted(): DynamoDbTransport {
  const items = new Map<string, Item>();
  const keyOf = (key: object): string => JSON.stringify(key);
  return {
    async update(request) {
      const { item, reply } = writeByExpressions(items.get(keyOf(request.key)), request, undefined);
      if (item !== undefined) items.set(keyOf(request.key), item);
      return reply as UpdateReply;
    },
    async get({ key }) {
      return items.get(keyOf(key)) as never;
    },
  };
}

// Where the expressions alone decide: beside the contract of the real table, in a hundredth of its time.
describe.each([['of their own', {}], ['of others', { partitionKey: 'pk', ttlAttribute: 'ttl' }]])('expressions with attribute names %s', (_, names) => {
  test.each(storeContract.map((promise) => [promise.name, promise] as const))('%s', async (__, { run }) => {
    await run(new DynamoDbStore({ tableName: 'keys', transport: interpreted(), ...names }));
  });
});

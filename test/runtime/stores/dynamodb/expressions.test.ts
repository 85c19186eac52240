import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport, UpdateReply, UpdateRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import { storeContract } from '../../../../runtime/testing/store-contract';
import type { Item } from '../../../support/expressions/evaluate';
import { CLAIM, RESPONSE } from '../../protocol/scripted';
import { writeByExpressions } from '../../protocol/write-by-expressions';

/** A table of the interpreter, which a property test holds to the embedded DynamoDB. */
function interpreted(requests: UpdateRequest[] = []): DynamoDbTransport {
  const items = new Map<string, Item>();
  const keyOf = (key: object): string => JSON.stringify(key);
  return {
    async update(request) {
      requests.push(request);
      // What the interpreter would take for a number, and DynamoDB refuses.
      for (const value of Object.values(request.values)) if ('N' in value) expect(value.N).toMatch(/^\d+$/);
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

test('only a claim asks for what was there before it: a completion or release does not carry a record back', async () => {
  const requests: UpdateRequest[] = [];
  const store = new DynamoDbStore({ tableName: 'keys', transport: interpreted(requests) });
  await store.claim(CLAIM);
  await store.complete({ id: CLAIM.id, token: CLAIM.token, expiresAt: CLAIM.expiresAt, response: RESPONSE });
  await store.release(CLAIM);
  expect(requests.map(({ returnOld }) => returnOld)).toEqual([true, false, false]);
});

test('a claim that asks for no takeover has a condition for what is free and one for what was released, and no third', async () => {
  const requests: UpdateRequest[] = [];
  const store = new DynamoDbStore({ tableName: 'keys', transport: interpreted(requests) });
  await store.claim({ ...CLAIM, takeover: false });
  expect(requests[0]!.condition.split(' OR ')).toEqual(['attribute_not_exists(#id)', '#ttl < :expiredBefore', '(#st = :R AND #tok <> :tok)']);
});

import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { holds, updated, type Item } from '../../support/expressions/evaluate';
import { placeholdersOf, randomWrite } from '../../support/expressions/random-expression';

const RUNS = Number(process.env.EXPRESSION_RUNS ?? 400);

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startDynamoDb();
  await server.createTable('items');
});
afterAll(() => server.stop());

test(`the interpreter of expressions says what DynamoDB says, for ${RUNS} random conditions and updates`, async () => {
  let number = 0;
  await fc.assert(fc.asyncProperty(randomWrite, async (write) => {
    const id = { id: { S: `item-${number++}` } };
    const before: Item | undefined = write.item && { ...id, ...write.item };
    if (before !== undefined) await server.client.send(new PutItemCommand({ TableName: 'items', Item: before as never }));
    const placeholders = placeholdersOf(write);
    expect(mine(write, before, id, placeholders)).toEqual(await theirs(server.client, write, id, placeholders));
  }), { numRuns: RUNS });
}, 3_600_000);

type Write = Pick<Parameters<typeof placeholdersOf>[0], 'condition' | 'update'>;
type Placeholders = ReturnType<typeof placeholdersOf>;

function mine({ condition, update }: Write, before: Item | undefined, id: Item, placeholders: Placeholders): unknown {
  if (!holds(condition, before, placeholders)) return 'refused';
  try {
    return updated(update, before ?? id, placeholders);
  } catch (error) {
    if (error instanceof TypeError) return 'invalid';
    throw error;
  }
}

async function theirs(client: DynamoDBClient, { condition, update }: Write, id: Item, { names, values }: Placeholders): Promise<unknown> {
  try {
    await client.send(new UpdateItemCommand({
      TableName: 'items',
      Key: id as never,
      ConditionExpression: condition,
      UpdateExpression: update,
      ExpressionAttributeNames: names,
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values as never }),
    }));
  } catch (error) {
    const { name } = error as Error;
    if (name === 'ConditionalCheckFailedException') return 'refused';
    if (name === 'ValidationException') return 'invalid';
    throw error;
  }
  const { Item: after } = await client.send(new GetItemCommand({ TableName: 'items', Key: id as never, ConsistentRead: true }));
  return after;
}

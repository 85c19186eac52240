import { randomUUID } from 'node:crypto';
import { idempotent, type IdempotencyOptions } from '../runtime';
import { DynamoDbStore } from '../runtime/stores/dynamodb-store';
import { MemoryStore } from '../runtime/stores/memory-store';
import { httpApiEvent } from '../runtime/testing/events';
import { startDynamoDb } from '../test/support/dynamodb';

const ROUNDS = 2_000;
const QUIET: Pick<IdempotencyOptions, 'logger' | 'metrics'> = {
  logger: { info: () => {}, warn: () => {}, error: () => {} },
  metrics: { measure: () => {} },
};

const bare = async (_event: unknown, _context: object) => ({ statusCode: 201, headers: { 'content-type': 'application/json' }, body: '{"id":1}' });
const withKey = (key: string) => httpApiEvent({ headers: { 'Idempotency-Key': key }, body: { amount: 100 } });

/** Median microseconds of a call, after as many to warm up. */
async function median(call: (round: number) => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    const started = process.hrtime.bigint();
    await call(round);
    if (round >= ROUNDS) samples.push(Number(process.hrtime.bigint() - started) / 1_000);
  }
  return samples.sort((a, b) => a - b)[ROUNDS / 2]!;
}

async function main(): Promise<void> {
  const dynamoDb = await startDynamoDb();
  try {
    const table = await dynamoDb.createTable('keys');
    const stores = { 'memory': new MemoryStore({ maxRecords: 10 * ROUNDS }), 'embedded DynamoDB': new DynamoDbStore({ tableName: table, client: dynamoDb.client }) };
    const handler = await median(() => bare(withKey('k'), {}));
    console.log(`bare handler: ${handler.toFixed(1)} us`);
    for (const [name, store] of Object.entries(stores)) {
      const wrapped = idempotent(bare, { store, includeRequestHash: true, ...QUIET });
      const keyless = await median(() => wrapped(httpApiEvent({ body: { amount: 100 } }), {}));
      const miss = await median(() => wrapped(withKey(randomUUID()), {}));
      const replay = await median(() => wrapped(withKey('same'), {}));
      console.log(
        `${name}: without a key ${keyless.toFixed(1)} us, first request ${miss.toFixed(1)} us, replay ${replay.toFixed(1)} us; ` +
          `replay / first request = ${(replay / miss).toFixed(2)}`,
      );
    }
  } finally {
    await dynamoDb.stop();
  }
}

void main();

import { randomUUID } from 'node:crypto';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context } from 'aws-lambda';
import { idempotent, type IdempotencyOptions } from '../runtime';
import { DynamoDbStore } from '../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../runtime/stores/memory/memory-store';
import { httpApiEvent } from '../runtime/testing/events';
import { startDynamoDb } from '../test/support/dynamodb';

const ROUNDS = 2_000;
const QUIET: Pick<IdempotencyOptions, 'logger' | 'metrics'> = {
  logger: { info: () => {}, warn: () => {}, error: () => {} },
  metrics: { measure: () => {} },
};
const LAMBDA = { getRemainingTimeInMillis: () => 30_000 } as Context;

type Call = (event: object) => Promise<unknown>;

const bare: Call = async () => ({ statusCode: 201, headers: { 'content-type': 'application/json' }, body: '{"id":1}' });
const withKey = (key: string) => httpApiEvent({ headers: { 'Idempotency-Key': key }, body: { amount: 100 } });

/** Median microseconds of each call, made in turns after as many rounds to warm up. */
async function medians<Name extends string>(calls: Record<Name, () => Promise<unknown>>): Promise<Record<Name, number>> {
  const timed = (Object.entries(calls) as [Name, () => Promise<unknown>][]).map(([name, call]) => ({ name, call, samples: [] as number[] }));
  for (let round = 0; round < 2 * ROUNDS; round++) {
    for (const { call, samples } of timed) {
      const started = process.hrtime.bigint();
      await call();
      if (round >= ROUNDS) samples.push(Number(process.hrtime.bigint() - started) / 1_000);
    }
  }
  return Object.fromEntries(timed.map(({ name, samples }) => [name, samples.sort((a, b) => a - b)[ROUNDS / 2]!])) as Record<Name, number>;
}

async function main(): Promise<void> {
  const dynamoDb = await startDynamoDb();
  try {
    const wrap = (store: NonNullable<IdempotencyOptions['store']>): Call => {
      const wrapped = idempotent(bare, { store, includeRequestHash: true, ...QUIET });
      return (event) => wrapped(event as never, LAMBDA);
    };
    const inMemory = wrap(new MemoryStore({ maxRecords: 10 * ROUNDS }));
    const onDynamoDb = wrap(new DynamoDbStore({ tableName: await dynamoDb.createTable('keys'), client: dynamoDb.client }));
    const powertools = makeIdempotent(bare, {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName: await dynamoDb.createTable('powertools'), awsSdkV3Client: dynamoDb.client }),
      config: new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"', lambdaContext: LAMBDA }),
    });
    const found = await medians({
      'bare handler': () => bare(withKey('k')),
      'memory, without a key': () => inMemory(httpApiEvent({ body: { amount: 100 } })),
      'memory, first': () => inMemory(withKey(randomUUID())),
      'memory, replay': () => inMemory(withKey('same')),
      'DynamoDB, first': () => onDynamoDb(withKey(randomUUID())),
      'DynamoDB, replay': () => onDynamoDb(withKey('same')),
      'Powertools, first': () => powertools(withKey(randomUUID())),
      'Powertools, replay': () => powertools(withKey('same')),
    });
    for (const [name, microseconds] of Object.entries(found)) console.log(`${name}: ${microseconds.toFixed(1)} us`);
    const ratio = (one: keyof typeof found, other: keyof typeof found) => console.log(`${one} / ${other} = ${(found[one] / found[other]).toFixed(2)}`);
    ratio('memory, replay', 'memory, first');
    ratio('DynamoDB, replay', 'DynamoDB, first');
    ratio('DynamoDB, first', 'Powertools, first');
    ratio('DynamoDB, replay', 'Powertools, replay');
  } finally {
    await dynamoDb.stop();
  }
}

void main();

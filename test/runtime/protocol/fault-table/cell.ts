import { randomBytes, randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Operation } from './operations';
import { wireTo, type Fault } from './wire';
import { idempotencyOf, RetryableError } from '../../../../runtime/execution/in-handler';
import { signedTransport } from '../../../../runtime/stores/dynamodb/dynamodb-signed-transport';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import { httpApiEvent } from '../../../../runtime/testing/events';
import { idempotentWith } from '../../../../runtime/testing/idempotent-with';
import type { TestDynamoDb } from '../../../support/dynamodb';
import { seen } from '../../../support/fronts';
import { observed } from '../../../support/quiet';
import { environmentOf } from '../../../support/transports';

/** Where the fault strikes: the first send of an operation, or all of them. */
export type Extent = 'first try' | 'every try';

/** The function's time, milliseconds: what the runtime's own limits are made of. */
const REMAINING = 6_000;
const LIMITS = { perTry: 500, inTotal: 2_000, tries: 3 };

/**
 * One request under one fault, then a retry over a wire without any: both
 * answers, how often the handler ran, what is on record after each, and the
 * counters of the first.
 */
export async function cell(server: TestDynamoDb, operation: Operation, fault: Fault, extent: Extent): Promise<string> {
  const namespace = randomUUID();
  let runs = 0;
  const large = randomBytes(60_000).toString('base64');
  const handle = async (_: unknown, context: unknown): Promise<unknown> => {
    runs++;
    const response = { statusCode: 201, body: operation.startsWith('body') ? large : 'paid' };
    if (operation === 'commit') return idempotencyOf(context as object)!.commit(response, [effectOf(namespace)]);
    if (operation === 'release' && runs === 1) throw new RetryableError('nothing happened');
    return response;
  };
  let faulty = operation !== 'body get';
  const wire = await wireTo(server.endpoint, (which, send) => {
    if (!faulty) return undefined;
    // A record is read only where the answer to a write was no answer.
    if (operation === 'read' && which === 'complete') return 'lost reply';
    return which === operation && (extent === 'every try' || send === 1) ? fault : undefined;
  });
  const transport = signedTransport('us-east-1', environmentOf(wire.endpoint), LIMITS);
  const { logger, metrics, measurements, lines } = observed();
  const store = new DynamoDbStore({ tableName: 'keys', transport });
  const handler = idempotentWith({}, handle as never, { store, logger, metrics, namespace, processingTimeoutSeconds: 6, clockMarginSeconds: 0 });
  const event = httpApiEvent({ headers: { 'idempotency-key': 'payment' }, body: 'amount=1' });
  const send = async (): Promise<string> => {
    const end = performance.now() + REMAINING;
    const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => end - performance.now() };
    try {
      return shown(seen(await handler(event, context)));
    } catch {
      return 'thrown';
    }
  };
  try {
    if (!faulty) await send();
    faulty = true;
    measurements.length = 0;
    const first = await send();
    const counters = measurements.flatMap(({ counters: counted }) => counted).join(', ');
    faulty = false;
    const id = lines.map(({ fields }) => (fields.idempotency as { readonly id?: string } | undefined)?.id).find((each) => each !== undefined);
    const before = [first, await standing(server, id), counters];
    await wire.deliver();
    const retry = await send();
    const after = [`then ${retry}`, `${runs} ${runs === 1 ? 'run' : 'runs'}`, await effects(server, namespace)];
    return [...before, ...after].filter((part) => part !== '').join('; ');
  } finally {
    transport.close();
    await wire.stop();
  }
}

const effectOf = (id: string) => ({
  Update: { TableName: 'effects', Key: { id: { S: id } }, UpdateExpression: 'ADD times :one', ExpressionAttributeValues: { ':one': { N: '1' } } },
});

function shown({ statusCode, headers, body }: ReturnType<typeof seen>): string {
  const marks = [
    ...(headers['x-idempotent-replay'] === 'true' ? ['replay'] : []),
    ...(headers['x-idempotent-persisted'] === 'false' ? ['not persisted'] : []),
    ...(headers['retry-after'] === undefined ? [] : ['retry']),
  ];
  const code = statusCode < 400 ? undefined : (JSON.parse(body) as { readonly code?: string }).code?.replace('IDEMPOTENCY_', '');
  return [statusCode, ...(code === undefined ? [] : [code]), ...(marks.length === 0 ? [] : [`(${marks.join(', ')})`])].join(' ');
}

/** The record's state, as whoever looks at the table sees it. */
async function standing(server: TestDynamoDb, id: string | undefined): Promise<string> {
  if (id === undefined) return 'no record';
  const { Item } = await server.client.send(new GetItemCommand({ TableName: 'keys', Key: { id: { S: id } }, ConsistentRead: true }));
  const status = Item?.st?.S;
  return status === undefined ? 'no record' : { P: 'in progress', C: 'completed', R: 'released' }[status]!;
}

async function effects(server: TestDynamoDb, id: string): Promise<string> {
  const { Item } = await server.client.send(new GetItemCommand({ TableName: 'effects', Key: { id: { S: id } }, ConsistentRead: true }));
  return Item === undefined ? '' : `${Item.times!.N} effect${Item.times!.N === '1' ? '' : 's'}`;
}

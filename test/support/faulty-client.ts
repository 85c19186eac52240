import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CREDENTIALS } from './dynamodb';

/** What becomes of one request on the wire. */
export type Fate =
  | 'pass'
  /** The server carried it out; nobody hears of it. */
  | 'lose-reply'
  /** It never reached the server. */
  | 'drop'
  | 'throttle';

export interface FaultyClient {
  readonly client: DynamoDBClient;
  /** Operation names in the order sent, resends included: `UpdateItem`, `GetItem`. */
  readonly sent: string[];
}

/** The SDK's own client and retries; `fate` decides what becomes of each request, by the number of its send. */
export function faultyClient(endpoint: string, fate: (operation: string, send: number) => Fate, maxAttempts = 3): FaultyClient {
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts });
  const sent: string[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace(/Command$/, '');
      sent.push(operation);
      const what = fate(operation, sent.length);
      if (what === 'drop') throw lost('the request was dropped');
      if (what === 'throttle') throw Object.assign(new Error('slow down'), { name: 'ThrottlingException', $retryable: { throttling: true } });
      const reply = await next(args);
      if (what === 'lose-reply') throw lost('the reply was lost');
      return reply;
    },
    { step: 'deserialize', priority: 'low', name: 'faults' },
  );
  return { client, sent };
}

const lost = (message: string): Error => Object.assign(new Error(message), { name: 'TimeoutError', $retryable: { throttling: false } });

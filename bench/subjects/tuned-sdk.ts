import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { handler as bare } from './bare';
import { idempotency } from './quiet';
import { DynamoDbStore, idempotent } from '../../runtime';

const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env as Record<string, string>;
const credentials = { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! };

/** Ours, over the SDK with all that can be known beforehand said to it. */
export const handler = idempotent(bare, {
  store: new DynamoDbStore({
    tableName: process.env.BENCH_TABLE!,
    client: new DynamoDBClient({
      region: process.env.AWS_REGION,
      endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB,
      credentials: async () => credentials,
      requestHandler: new NodeHttpHandler({ httpsAgent: { keepAlive: true, maxSockets: 50 } }),
      logger: undefined,
    }),
  }),
  includeRequestHash: true,
  ...idempotency,
});

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CREDENTIALS } from './dynamodb';
import { faultyDynamoDb, type Fate } from './faulty-dynamodb';
import type { Environment } from '../../runtime/aws/endpoint';
import { sdkTransport } from '../../runtime/stores/dynamodb/dynamodb-sdk-transport';
import { signedTransport } from '../../runtime/stores/dynamodb/dynamodb-signed-transport';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport } from '../../runtime/stores/dynamodb/dynamodb-transport';

export interface TransportLimits {
  readonly tries?: number;
  /** Milliseconds. */
  readonly perTry?: number;
}

export interface TestTransport {
  readonly transport: DynamoDbTransport;
  close(): void;
}

/** Both ways to DynamoDB, as they are by default where nothing else is said. */
export const TRANSPORTS: Readonly<Record<string, (endpoint: string, limits?: TransportLimits) => TestTransport>> = {
  'requests of our own': (endpoint, { tries = 3, perTry = 1_500 } = {}) => {
    const transport = signedTransport('us-east-1', environmentOf(endpoint), { tries, perTry, inTotal: 6_000 });
    return { transport, close: () => transport.close() };
  },
  'the SDK': (endpoint, { tries = 3, perTry = 1_500 } = {}) => {
    const client = new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      maxAttempts: tries,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: perTry, throwOnRequestTimeout: true },
    });
    return { transport: sdkTransport(client), close: () => client.destroy() };
  },
};

/** As Lambda would set it for a function of ours. */
export const environmentOf = (endpoint: string): Environment => ({
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
});

export interface FaultyStore {
  readonly store: DynamoDbStore;
  /** What went over the wire. */
  readonly sent: readonly string[];
}

/** Stores on the table `keys`, each over a wire of its own with a fate for each send. */
export function faultyStores(way: string) {
  const ends: (() => unknown)[] = [];
  return {
    async storeWith(target: string, fate: (operation: string, send: number) => Fate, tries?: number): Promise<FaultyStore> {
      const wire = await faultyDynamoDb(target, fate);
      const { transport, close } = TRANSPORTS[way]!(wire.endpoint, { tries });
      ends.push(close, () => wire.stop());
      return { store: new DynamoDbStore({ tableName: 'keys', transport }), sent: wire.sent };
    },
    stop: () => Promise.all(ends.map((end) => end())),
  };
}

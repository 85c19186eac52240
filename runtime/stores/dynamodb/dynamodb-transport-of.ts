import type { DynamoDbClientLike } from './dynamodb-sdk-transport';
import { signedTransport } from './dynamodb-signed-transport';
import type { DynamoDbTransport } from './dynamodb-transport';
import { credentialsIn } from '../../aws/credentials';
import type { Environment } from '../../aws/endpoint';

/**
 * The way to DynamoDB: the user's own client or transport; requests of our own
 * where the environment has credentials and a region, as in Lambda; else the SDK,
 * which knows more places to look for them.
 */
export function transportOf(
  { client, transport }: { readonly client?: DynamoDbClientLike; readonly transport?: DynamoDbTransport },
  env: Environment = process.env,
): DynamoDbTransport {
  if (transport !== undefined) return transport;
  const { AWS_REGION: region, AWS_ACCOUNT_ID_ENDPOINT_MODE: mode } = env;
  // Endpoints named after an account are only demanded where they are required.
  if (client !== undefined || credentialsIn(env) === undefined || !region || mode === 'required') {
    // Never so in the layer: there it lies in a file of its own.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { sdkTransport } = require('./dynamodb-sdk-transport') as typeof import('./dynamodb-sdk-transport');
    return sdkTransport(client);
  }
  const signed = signedTransport(region, env);
  // The handshakes take place while the function is still loading.
  if (env.AWS_LAMBDA_FUNCTION_NAME) signed.open();
  return signed;
}

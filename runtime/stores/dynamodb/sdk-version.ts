import { IdempotencyConfigurationError } from '../../errors';

/** The first version whose refused writes bring the item that refused them (`ReturnValuesOnConditionCheckFailure`). */
export const LEAST_SDK_VERSION = '3.363.0';

const PACKAGE = '@aws-sdk/client-dynamodb';

/** As much of a client's configuration as tells its version. */
interface ClientConfig {
  /** Makes the `User-Agent` of its requests, in pairs of a name and a version. */
  readonly defaultUserAgentProvider?: (config: unknown) => Promise<readonly (readonly [string, string?])[]>;
  /** The same of the very first versions, as text. */
  readonly defaultUserAgent?: unknown;
  /** How it writes commands that bring nothing but their schema. */
  readonly protocol?: unknown;
}

/**
 * A client that does not say its version is taken as it is: what it lacks costs
 * a read of its own for each refused write, and nothing else.
 *
 * @param command one of those that the client is to send
 * @throws IdempotencyConfigurationError where the client is older than the least
 *   version, or than the copy of the SDK that the command is of can be sent by
 */
export async function checkSdk(client: object, command: object): Promise<void> {
  const { config } = client as { config?: ClientConfig };
  const version = await versionOf(config);
  if (version !== undefined && isOlder(version, LEAST_SDK_VERSION)) {
    throw new IdempotencyConfigurationError(
      'client',
      `The DynamoDB client is of ${PACKAGE} ${version}, and the least version that works is ${LEAST_SDK_VERSION}: update it.`,
    );
  }
  if (version !== undefined && 'schema' in command && config?.protocol === undefined) {
    throw new IdempotencyConfigurationError(
      'client',
      `The DynamoDB client is of ${PACKAGE} ${version}, and the copy of the package that lies beside cdk-idempotent-api is of a newer kind, `
      + 'whose commands this client cannot send: install one version of it for both.',
    );
  }
}

async function versionOf(config: ClientConfig | undefined): Promise<string | undefined> {
  try {
    const agent = (await config?.defaultUserAgentProvider?.(config)) ?? [['', String(config?.defaultUserAgent)]];
    const named = new Map(agent.map(([name, version]) => [name, version]));
    return /\d+\.\d+\.\d+/.exec(named.get('api/DynamoDB') ?? named.get('aws-sdk-js') ?? named.get('') ?? '')?.[0];
  } catch {
    return undefined;
  }
}

function isOlder(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number));
  const differing = a!.findIndex((part, index) => part !== b![index]);
  return differing !== -1 && a![differing]! < b![differing]!;
}

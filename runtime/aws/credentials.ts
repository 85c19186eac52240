import type { Environment } from './endpoint';
import { loadSdk } from './sdk';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where credentials come from: asked once, and again when a service has refused them. */
export interface CredentialSource {
  /** The same object until `refresh` has found others. */
  current(): Credentials | Promise<Credentials>;
  /** After a refusal. `false` where they are still the same, so that another try would be refused as well. */
  refresh(): boolean | Promise<boolean>;
}

/**
 * The credentials that Lambda puts into the environment, or undefined. With a
 * profile named they are not the ones meant: the SDK reads it then.
 */
export function credentialsIn(env: Environment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken, AWS_PROFILE: profile } = env;
  if (!accessKeyId || !secretAccessKey || profile) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** Reading the environment is a system call for each variable, so it is read once. */
export function environmentCredentials(env: Environment): CredentialSource {
  let known: Credentials | undefined;
  return {
    current() {
      known ??= credentialsIn(env);
      if (known === undefined) throw new Error('The environment has no AWS credentials any more.');
      return known;
    },
    refresh() {
      const found = credentialsIn(env);
      const same = found === undefined || (known !== undefined && sameCredentials(found, known));
      if (!same) known = found;
      return !same;
    },
  };
}

/** As the SDK finds them: in profiles, containers, instances and what else it knows. It renews them itself. */
export function sdkCredentials(region: string): CredentialSource {
  let provider: Promise<() => Promise<Credentials>> | undefined;
  let known: Credentials | undefined;
  const ask = async (): Promise<Credentials> => {
    provider ??= loadSdk().then(({ DynamoDBClient }) => new DynamoDBClient({ region }).config.credentials);
    const { accessKeyId, secretAccessKey, sessionToken } = await (await provider.catch((error: unknown) => {
      provider = undefined;
      throw error;
    }))();
    const found = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    if (known === undefined || !sameCredentials(found, known)) known = found;
    return known;
  };
  return {
    current: ask,
    async refresh() {
      const before = known;
      return (await ask()) !== before;
    },
  };
}

/** Those of the environment where it has any, else the SDK's. */
export const credentialsFrom = (env: Environment, region: string): CredentialSource =>
  credentialsIn(env) === undefined ? sdkCredentials(region) : environmentCredentials(env);

const sameCredentials = (a: Credentials, b: Credentials): boolean =>
  a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.sessionToken === b.sessionToken;

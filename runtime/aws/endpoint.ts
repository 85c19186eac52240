import { partition } from '@aws-sdk/core/client';

/** A service of which a single kind of call is made, by its id in `AWS_ENDPOINT_URL_<id>`. */
export type AwsService = 's3' | 'secretsmanager';

const SERVICE_IDS: Readonly<Record<AwsService, string>> = { s3: 'S3', secretsmanager: 'SECRETS_MANAGER' };

export interface Endpoint {
  readonly url: URL;
  /** Named by the environment instead of being AWS's own. */
  readonly custom: boolean;
}

/**
 * Where a service is, by the variables that every AWS SDK reads:
 * `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL` and `AWS_USE_FIPS_ENDPOINT`.
 */
export function endpointOf(service: AwsService, region: string, env: Readonly<Record<string, string | undefined>>): Endpoint {
  const configured = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true'
    ? undefined
    : env[`AWS_ENDPOINT_URL_${SERVICE_IDS[service]}`] || env.AWS_ENDPOINT_URL;
  if (configured) return { url: new URL(configured), custom: true };
  const host = env.AWS_USE_FIPS_ENDPOINT === 'true' ? `${service}-fips` : service;
  return { url: new URL(`https://${host}.${region}.${partition(region).dnsSuffix}`), custom: false };
}

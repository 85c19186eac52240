import { partitionOf } from './partition';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A service that is called, by the name that requests to it are signed with. */
export type AwsService = 'dynamodb' | 'lambda' | 's3' | 'secretsmanager';

/** Ids in `AWS_ENDPOINT_URL_<id>`. */
const SERVICE_IDS: Readonly<Record<AwsService, string>> = {
  dynamodb: 'DYNAMODB',
  lambda: 'LAMBDA',
  s3: 'S3',
  secretsmanager: 'SECRETS_MANAGER',
};

export interface Endpoint {
  readonly url: URL;
  /** Named by the environment instead of being AWS's own. */
  readonly custom: boolean;
}

/**
 * Where a service is, by the variables that every AWS SDK reads:
 * `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`,
 * `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
 */
export function endpointOf(service: AwsService, region: string, env: Environment): Endpoint {
  const configured = isOn(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS)
    ? undefined
    : env[`AWS_ENDPOINT_URL_${SERVICE_IDS[service]}`] || env.AWS_ENDPOINT_URL;
  if (configured) return { url: new URL(configured), custom: true };
  return { url: new URL(`https://${hostOf(service, region, isOn(env.AWS_USE_FIPS_ENDPOINT), isOn(env.AWS_USE_DUALSTACK_ENDPOINT))}`), custom: false };
}

function hostOf(service: AwsService, region: string, fips: boolean, dualStack: boolean): string {
  const { name, dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  // In GovCloud, DynamoDB's own endpoints are FIPS ones.
  const suffixed = fips && !(service === 'dynamodb' && name === 'aws-us-gov' && !dualStack);
  const label = suffixed ? `${service}-fips` : service;
  if (!dualStack) return `${label}.${region}.${dnsSuffix}`;
  return service === 's3' ? `${label}.dualstack.${region}.${dnsSuffix}` : `${label}.${region}.${dualStackDnsSuffix}`;
}

const isOn = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

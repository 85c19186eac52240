import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { partition } from '@aws-sdk/core/client';
import { endpointOf, type AwsService } from '../../../runtime/aws/endpoint';
import { partitionOf } from '../../../runtime/aws/partition';

/** One or more of each partition. */
const REGIONS = [
  'us-east-1', 'eu-central-1', 'ap-southeast-5', 'il-central-1', 'mx-central-1', 'ca-west-1', 'cn-north-1', 'cn-northwest-1',
  'us-gov-west-1', 'us-gov-east-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'us-isof-south-1', 'eusc-de-east-1', 'xx-new-1',
];

test.each(REGIONS)('the partition of %s has the host names that the SDK knows', (region) => {
  const { name, dnsSuffix, dualStackDnsSuffix } = partition(region);
  expect(partitionOf(region)).toEqual({ name, dnsSuffix, dualStackDnsSuffix });
});

describe.each([[false, false], [true, false], [false, true], [true, true]])('FIPS %s, dual stack %s', (useFipsEndpoint, useDualstackEndpoint) => {
  test.each(REGIONS)('DynamoDB in %s is where the SDK has it', async (region) => {
    const client = new DynamoDBClient({ region, useFipsEndpoint, useDualstackEndpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    const { url } = client.config.endpointProvider({ Region: region, UseFIPS: useFipsEndpoint, UseDualStack: useDualstackEndpoint });
    const env = { AWS_USE_FIPS_ENDPOINT: String(useFipsEndpoint), AWS_USE_DUALSTACK_ENDPOINT: String(useDualstackEndpoint) };
    expect(endpointOf('dynamodb', region, env)).toEqual({ url, custom: false });
    client.destroy();
  });
});

test.each<[AwsService, Record<string, string>, string]>([
  ['lambda', {}, 'https://lambda.eu-west-1.amazonaws.com/'],
  ['lambda', { AWS_USE_FIPS_ENDPOINT: 'TRUE' }, 'https://lambda-fips.eu-west-1.amazonaws.com/'],
  ['lambda', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://lambda.eu-west-1.api.aws/'],
  ['secretsmanager', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://secretsmanager.eu-west-1.api.aws/'],
  ['s3', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://s3.dualstack.eu-west-1.amazonaws.com/'],
  ['s3', { AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://s3-fips.dualstack.eu-west-1.amazonaws.com/'],
  ['dynamodb', { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://one:2' }, 'http://one:2/'],
  ['lambda', { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://one:2' }, 'http://all:1/'],
  ['dynamodb', { AWS_ENDPOINT_URL: 'http://all:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, 'https://dynamodb.eu-west-1.amazonaws.com/'],
])('%s with %j is at %s', (service, env, expected) => {
  expect(endpointOf(service, 'eu-west-1', env).url.href).toBe(expected);
});

/** An account and a region, with what follows from them. */
export interface Environment {
  readonly account: string;
  readonly region: string;
}

/** AWS's own documentation uses this account number. */
const NOBODYS: Environment = { account: '123456789012', region: 'us-east-1' };

/**
 * Where a stack belongs that names no account or no region itself: what the CDK
 * takes from the same variables, else an account that nobody has.
 */
export function callersEnvironment(variables: Readonly<Record<string, string | undefined>> = {}): Environment {
  return {
    account: variables.CDK_DEFAULT_ACCOUNT || NOBODYS.account,
    region: variables.CDK_DEFAULT_REGION || variables.AWS_REGION || variables.AWS_DEFAULT_REGION || NOBODYS.region,
  };
}

export const isSameEnvironment = (one: Environment, other: Environment): boolean =>
  one.account === other.account && one.region === other.region;

/** `aws`, or that of a region in China or of the United States' government. */
export function partitionOf({ region }: Environment): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

export const urlSuffixOf = (environment: Environment): string =>
  (partitionOf(environment) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com');

export const arnOf = (environment: Environment, service: string, resource: string): string =>
  `arn:${partitionOf(environment)}:${service}:${environment.region}:${environment.account}:${resource}`;

/** Accepted by every DynamoDB that runs on a developer's machine; one pair, since DynamoDB Local keeps a database per access key. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** The account that everything local belongs to; AWS's own documentation uses this number. */
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

/** Accepted by every DynamoDB that runs on a developer's machine; one pair, since DynamoDB Local keeps a database per access key. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

import type { Flags, Given } from './flags';
import { ATTRIBUTES } from '../lib/contract';
import type { TableSchema } from '../runtime/stores/dynamodb/dynamodb-item';

/** Flags that say which table, and where. */
export const TABLE_FLAGS = {
  'table': { value: 'NAME', help: 'the table of the records, by name or ARN' },
  'region': { value: 'REGION', help: 'default: as the AWS CLI, by AWS_REGION or the profile' },
  'dynamodb-endpoint': { value: 'URL', help: 'another DynamoDB than AWS\'s: the one that "idempotent-api local" names' },
  'partition-key': { value: 'NAME', help: `default ${ATTRIBUTES.ID}; what code gives DynamoDbStore` },
  'ttl-attribute': { value: 'NAME', help: `default ${ATTRIBUTES.EXPIRES_AT}; likewise` },
} as const satisfies Flags;

export interface TableAddress {
  readonly name: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly schema: TableSchema;
}

export function tableAddress(given: Given<keyof typeof TABLE_FLAGS>): TableAddress {
  const name = given.text('table');
  if (name === undefined) throw given.wrong('--table is missing: give the name of the table, which is in the function\'s variable IDEMPOTENCY_TABLE_NAME');
  if (!/^(arn:[^\s]+:table\/)?[\w.-]{1,255}$/.test(name)) throw given.wrong('--table is neither the name nor the ARN of a table');
  const endpoint = given.text('dynamodb-endpoint');
  if (endpoint !== undefined && !isHttp(endpoint)) {
    throw given.wrong('--dynamodb-endpoint is not an http(s) URL; give one such as http://127.0.0.1:8000');
  }
  return {
    name,
    // A table's ARN names its region, and another region's endpoint does not know it.
    region: given.text('region') ?? (/^arn:[^:]*:dynamodb:([^:]+):/.exec(name)?.[1]),
    endpoint,
    schema: {
      partitionKey: given.text('partition-key') ?? ATTRIBUTES.ID,
      ttlAttribute: given.text('ttl-attribute') ?? ATTRIBUTES.EXPIRES_AT,
    },
  };
}

const isHttp = (text: string): boolean => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { refuse } from './errors';

const NAME = /^[\w.-]{3,255}$/;
const ARN = /^arn:[^:]+:dynamodb:[^:]+:\d{12}:table\/[\w.-]{3,255}$/;

/** Refuses what no table is called. A grant takes any name, and then every request with a key is 503. */
export function requireTableName(site: IConstruct, name: string | undefined): void {
  if (name === undefined || Token.isUnresolved(name) || NAME.test(name)) return;
  refuse({
    site,
    prop: 'tableName',
    problem: `is ${JSON.stringify(name)}, which is no table's name`,
    remedy: name.startsWith('arn:') ? 'Give an ARN as tableArn, or to IdempotencyTable.fromTableArn()' : 'Give 3 to 255 letters, digits, "_", "-" and "."',
  });
}

/** Refuses the ARN of anything else: of an index or a stream of a table, for one. */
export function requireTableArn(site: IConstruct, arn: string | undefined): void {
  if (arn === undefined || Token.isUnresolved(arn) || ARN.test(arn)) return;
  refuse({
    site,
    prop: 'tableArn',
    problem: `is ${JSON.stringify(arn)}, which is no table's ARN`,
    remedy: 'Give one such as "arn:aws:dynamodb:eu-west-1:111111111111:table/records", and a name as tableName, or to IdempotencyTable.fromTableName()',
  });
}

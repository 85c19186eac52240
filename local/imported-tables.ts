import type { DeployedResource, Deployment } from './deployment';
import type { FunctionPlan } from './functions';
import type { Notices } from './notices';
import { tableNameIn } from './table-name';
import type { TablePlan } from './tables';
import { ATTRIBUTES } from '../lib/contract';

/**
 * The tables of records that functions are told to use and no stack declares:
 * they exist on AWS, and are made here with the schema that records have.
 */
export function planImportedTables(functions: readonly FunctionPlan[], declared: readonly TablePlan[], notices: Notices): readonly TablePlan[] {
  const known = new Set(declared.map(({ create }) => create.TableName));
  return functions.flatMap(({ recordTable, environment }) => {
    if (recordTable === undefined || known.has(recordTable)) return [];
    known.add(recordTable);
    notices.warn(`the table "${recordTable}" is not in the assembly: one of that name, for records alone, is made here`);
    return [{
      id: recordTable,
      create: {
        TableName: recordTable,
        AttributeDefinitions: [{ AttributeName: ATTRIBUTES.ID, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: ATTRIBUTES.ID, KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
      regions: [environment.region],
      ttlAttribute: ATTRIBUTES.EXPIRES_AT,
    }];
  });
}

const POLICY_TYPES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];

/** Names of the tables that permissions are granted on, and that are not among those that are made: nobody here knows their keys. */
export function foreignTables(deployment: Deployment, made: readonly TablePlan[]): readonly string[] {
  const known = new Set(made.map(({ create }) => create.TableName));
  const granted = deployment.ofType(...POLICY_TYPES).flatMap(resourcesOf)
    .filter((arn) => /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/[^/*]+$/.test(arn))
    .map(tableNameIn);
  return [...new Set(granted)].filter((name) => !known.has(name));
}

/** A policy that cannot be worked out grants what is not run here either. */
function resourcesOf(policy: DeployedResource): readonly string[] {
  try {
    const { Statement = [] } = (policy.property('PolicyDocument') ?? {}) as { Statement?: readonly { readonly Resource?: string | readonly string[] }[] };
    return [Statement].flat(2).flatMap((statement) => [statement.Resource ?? []].flat(2)).map(String);
  } catch {
    return [];
  }
}

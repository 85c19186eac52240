import { IResource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { OVERFLOW_PREFIX } from '../contract';
import { refuse } from './errors';
import { handleOf } from './function-handle';
import { IIdempotencyTable } from '../i-idempotency-table';
import { TableBase } from './table-base';
import { warn } from './warnings';

/** A table as one function reaches it. */
export interface TableAccess {
  /** The table, or its replica in the function's region. */
  readonly table: IIdempotencyTable;
  /** What the runtime calls it by: its name at home, its ARN where name alone could mean another table. */
  readonly reference: string;
}

/**
 * DynamoDB is called in the function's own region, and finds tables by name in
 * the function's own account, by ARN in others.
 *
 * @param user the function, or what else will run the wrapper
 */
export function tableAccess(site: IConstruct, table: IIdempotencyTable, user: IConstruct): TableAccess {
  const { account, region } = Stack.of(user);
  const regions = Token.compareStrings(table.env.region, region);
  const accounts = Token.compareStrings(table.env.account, account);
  if (isHome(regions) && isHome(accounts)) return { table, reference: table.tableName };

  if (regions === TokenComparison.DIFFERENT && accounts === TokenComparison.DIFFERENT) {
    refuse({
      site,
      prop: `table ${table.node.path}`,
      problem: `is in account ${table.env.account} and ${table.env.region}, and ${user.node.path} in account ${account} and ${region}`,
      remedy: 'Give a table of the function\'s region or of its account',
    });
  }
  if (regions === TokenComparison.DIFFERENT) {
    requireReplica(site, table, user, region);
    requireName(site, table, user);
    return { table: table.replica(region), reference: table.tableName };
  }
  requireName(site, table, user);
  if (accounts === TokenComparison.DIFFERENT) requireAllowance(site, table, user);
  return { table, reference: table.tableArn };
}

/** A bucket or a secret, which is reached in its own region only. */
export function requireSameRegion(site: IConstruct, prop: string, resource: IResource, user: IConstruct): void {
  const { region } = Stack.of(user);
  if (Token.compareStrings(resource.env.region, region) !== TokenComparison.DIFFERENT) return;
  refuse({
    site,
    prop: `${prop} ${resource.node.path}`,
    problem: `is in ${resource.env.region}, and ${user.node.path} in ${region}, from where it is not reached`,
    remedy: `Give one of ${region}`,
  });
}

const OWNERS = {
  secretOfAnotherAccount: {
    actions: 'secretsmanager:GetSecretValue, and where it has a key of its own kms:Decrypt on that', effect: 'every request with a key is answered 503',
  },
  bucketOfAnotherAccount: {
    actions: `s3:GetObject and s3:PutObject below ${OVERFLOW_PREFIX}`, effect: 'bodies of more than 16 KB are not put there',
  },
} as const;

/** Warns of a bucket or a secret that its owner has to open first. */
export function adviseOnOwner(site: IConstruct, prop: string, resource: IResource, user: IConstruct): void {
  const { account } = resource.env;
  if (Token.compareStrings(account, Stack.of(user).account) !== TokenComparison.DIFFERENT) return;
  const warning = prop === 'largeResponses' ? 'bucketOfAnotherAccount' : 'secretOfAnotherAccount';
  const { actions, effect } = OWNERS[warning];
  warn(site, warning, `${prop} ${resource.node.path} belongs to account ${account}: until its policy allows the role of ${user.node.path} `
    + `${actions}, ${effect}. Ask its owner for it, or give one of this account.`);
}

const isHome = (comparison: TokenComparison): boolean => comparison === TokenComparison.SAME || comparison === TokenComparison.BOTH_UNRESOLVED;

/** Other places say the name literally. Tables that are imported have one. */
function requireName(site: IConstruct, table: IIdempotencyTable, user: IConstruct): void {
  const resource = asTable(table)._resourceOfThisApp?.();
  if (resource === undefined || Stack.of(resource).resolve(resource.tableName) !== undefined) return;
  refuse({
    site,
    prop: `table ${table.node.path}`,
    problem: `has no name known at synth, which ${user.node.path} of another region or account needs`,
    remedy: 'Give it a tableName: that of the deployed table where there is one, since a new name replaces it and forgets its records',
  });
}

function requireReplica(site: IConstruct, table: IIdempotencyTable, user: IConstruct, region: string): void {
  if (asTable(table)._hasReplica?.(region)) return;
  const own = asTable(table)._resourceOfThisApp?.() !== undefined;
  refuse({
    site,
    prop: `table ${table.node.path}`,
    problem: `is in ${table.env.region}, and ${user.node.path} in ${region}, where ${own ? 'it has no replica' : 'no replica is known of'}`,
    remedy: own
      ? `Add { region: "${region}" } to the replicas of the table, or give a table of that region`
      : `Give table.replica("${region}") if it has one there, or a table of that region`,
  });
}

/** Both sides must allow what crosses accounts: the role is ours to change, the table's policy only where the table is made here. */
function requireAllowance(site: IConstruct, table: IIdempotencyTable, user: IConstruct): void {
  const { account } = table.env;
  if (asTable(table)._resourceOfThisApp?.() === undefined) {
    warn(site, 'tableOfAnotherAccount', `table ${table.node.path} belongs to account `
      + `${account}: until the policy of the table allows the role of ${user.node.path} dynamodb:UpdateItem and dynamodb:GetItem, every request with a `
      + 'key is answered 503. Ask the owner of the table for it, or give a table of this account.');
    return;
  }
  try {
    Stack.of(table).resolve(handleOf(user)?.roleArn);
  } catch (cause) {
    refuse({
      site,
      prop: `table ${table.node.path}`,
      problem: `is in account ${account}, whose policy must name the role of ${user.node.path}, but the role has no name known at synth`,
      remedy: 'Give the function a role with a roleName (or PhysicalName.GENERATE_IF_NEEDED), and deploy its stack before the table\'s',
      cause,
    });
  }
}

/** Every table of this package is one. */
/** A table of a user's own class tells no more than an imported one. */
const asTable = (table: IIdempotencyTable): Partial<TableBase> => table as Partial<TableBase>;

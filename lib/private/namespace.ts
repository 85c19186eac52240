import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { shown } from './errors';
import { IIdempotencyTable } from '../i-idempotency-table';
import { TableBase } from './table-base';
import { warn } from './warnings';

/**
 * The name of the deployed stack and the construct's path below it. What is above
 * the stack (the app, Stages, a pipeline) may change while the stack and its
 * records live on.
 */
export function defaultNamespace(site: IConstruct): string {
  const stack = outermost(Stack.of(site));
  const below = site.node.scopes.slice(site.node.scopes.indexOf(stack) + 1);
  return [stack.stackName, ...below.map(({ node }) => node.id)].join('/');
}

/** Warns where somebody else may have the same name in the same table, or the metrics cannot have it. */
export function adviseOnNamespace(site: IConstruct, table: IIdempotencyTable, given: string | undefined): void {
  adviseOnMetrics(site, given ?? defaultNamespace(site));
  if (given !== undefined || (table as Partial<TableBase>)._resourceOfThisApp?.() !== undefined) return;
  warn(site, 'importedTableWithoutNamespace', `table ${table.node.path} is imported, and `
    + 'namespace is left to the name of this stack. Another stack of this name that uses the table, in another account, region or app, shares its '
    + `keys: one gets the other's responses. Give a namespace that nobody else has, "${defaultNamespace(site)}" to keep live records.`);
}

/** API reference of CloudWatch, Dimension: what else stands there is dropped with the metric, and nobody is told. */
const DIMENSION_VALUE = /^(?=.*[!-~])[ -~]{1,1024}$/;

function adviseOnMetrics(site: IConstruct, namespace: string): void {
  if (Token.isUnresolved(namespace) || DIMENSION_VALUE.test(namespace)) return;
  warn(site, 'namespaceWithoutMetrics', `namespace is ${shown(namespace)}, which CloudWatch takes for no value of a dimension, so that nothing is counted `
    + 'and no alarm ever goes off. Give a namespace of at most 1024 ASCII characters; under another one live records are forgotten.');
}

/** CloudFormation names a nested stack, by a name that is another each time. */
const outermost = (stack: Stack): Stack => stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);

import { App, Aws, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Construct } from 'constructs';
import { newApp, newFunction, newStack, settingsOf } from './support';
import { Idempotency, IdempotencyTable, IdempotentApi, IIdempotencyTable } from '../../lib';

const namespaceIn = (scope: Construct, id = 'Payments'): string | undefined => {
  new Idempotency(scope, id).attach(newFunction(Stack.of(scope)));
  (scope.node.root as App).synth();
  return settingsOf(Template.fromStack(Stack.of(scope))).defaults.namespace;
};

describe('F123: the namespace, which every record\'s id depends on,', () => {
  test('is the stack\'s name and the construct\'s path below the stack', () => {
    expect(namespaceIn(new Construct(newStack('Shop'), 'Backend'))).toBe('Shop/Backend/Payments');
  });

  test('stays when the stack moves into a Stage and keeps its name', () => {
    const before = namespaceIn(newStack('Shop'));
    const stage = new Stage(newApp(), 'Prod');
    expect(namespaceIn(new Stack(stage, 'Moved', { stackName: 'Shop' }))).toBe(before);
  });

  test('differs between two Stages of one app, whose stacks have names of their own', () => {
    const app = newApp();
    expect(['Beta', 'Prod'].map((id) => namespaceIn(new Stack(new Stage(app, id), 'Shop')))).toEqual(['Beta-Shop/Payments', 'Prod-Shop/Payments']);
  });

  test('is that of the outermost stack where stacks are nested, whose own names are not known', () => {
    const nested = new NestedStack(new NestedStack(newStack('Shop'), 'Outer'), 'Inner');
    expect(namespaceIn(nested)).toBe('Shop/Outer/Inner/Payments');
  });

  test('is what metrics are counted by', () => {
    const stack = new Stack(new Stage(newApp(), 'Prod'), 'Moved', { stackName: 'Shop' });
    expect(new Idempotency(stack, 'Payments').metricHits().dimensions).toEqual({ service: 'Shop/Payments' });
  });
});

describe('F123: an imported table without a namespace', () => {
  const warningsOf = (act: (stack: Stack, table: IIdempotencyTable) => void, table = (stack: Stack) => IdempotencyTable.fromTableName(stack, 'Table', 'keys')) => {
    const stack = newStack();
    act(stack, table(stack));
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data);
  };
  const warning = (id: string) => `Stack/${id}: table Stack/Table is imported, and namespace is left to the name of this stack. Another stack of this name `
    + 'that uses the table, in another account, region or app, shares its keys: one gets the other\'s responses. Give a namespace that nobody else has, '
    + `"Stack/${id}" to keep live records. [ack: cdk-idempotent-api:importedTableWithoutNamespace]`;

  test('warns, once a construct', () => {
    expect(warningsOf((stack, table) => {
      const idempotency = new Idempotency(stack, 'Idempotency', { table });
      idempotency.attach(newFunction(stack, 'A'));
      idempotency.attach(newFunction(stack, 'B'));
    })).toEqual([warning('Idempotency')]);
    expect(warningsOf((stack, table) => {
      new IdempotentApi(stack, 'Api', { table }).addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(stack) });
    })).toEqual([warning('Api')]);
    expect(warningsOf((stack, table) => new Idempotency(stack, 'Idempotency', { table }).environment())).toEqual([warning('Idempotency')]);
  });

  test('does not where a namespace is given, to all or to each', () => {
    expect(warningsOf((stack, table) => new Idempotency(stack, 'Idempotency', { table, namespace: 'n' }).attach(newFunction(stack)))).toEqual([]);
    expect(warningsOf((stack, table) => new Idempotency(stack, 'Idempotency', { table }).attach(newFunction(stack), { namespace: 'n' }))).toEqual([]);
  });

  test('does not of a table of this app', () => {
    expect(warningsOf(
      (stack, table) => new Idempotency(stack, 'Idempotency', { table }).attach(newFunction(stack)),
      (stack) => IdempotencyTable.fromTable(stack, 'Table', new IdempotencyTable(stack, 'Own').table),
    )).toEqual([]);
  });
});

describe('F227: a namespace that CloudWatch takes for no value of a dimension', () => {
  const warningsOf = (namespace: string): string[] => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').attach(newFunction(stack), { namespace });
    return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('namespaceWithoutMetrics')).map(({ entry }) => String(entry.data));
  };

  test.each(['Zahlungen-Übersicht', '   ', 'a\tb', 'x'.repeat(1025)])('warns of %j', (namespace) => {
    expect(warningsOf(namespace)).toEqual([expect.stringContaining(
      `Stack/Idempotency: namespace is ${JSON.stringify(namespace)}, which CloudWatch takes for no value of a dimension, so that nothing is counted`,
    )]);
  });

  test.each(['Shop/Payments', ':pay ments', 'x'.repeat(1024), Aws.STACK_NAME])('takes %j', (namespace) => expect(warningsOf(namespace)).toEqual([]));

  test('warns of the default one, of a construct\'s id', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Überweisungen').addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(stack) });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('namespace is "Stack/Überweisungen".*namespaceWithoutMetrics'));
  });
});

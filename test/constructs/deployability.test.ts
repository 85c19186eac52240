import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, CfnParameter, CfnResource, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { newStack } from './support';
import { undeployable } from '../support/deployability';

const ROOT = join(__dirname, '..', '..');

const problemsOf = (make: (stack: Stack) => void, scope: App | Stage = new App()): string[] => {
  make(new Stack(scope, 'Stack'));
  return undeployable((scope.node.root as App).synth());
};

const resource = (stack: Stack, id: string, properties: object = {}): CfnResource => {
  const made = new CfnResource(stack, id, { type: 'Custom::Thing', properties });
  made.overrideLogicalId(id);
  return made;
};

describe('a template is not deployable', () => {
  test.each([
    ['Ref', { Ref: 'Gone' }, 'Stack: One refers to Gone, which there is not'],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Gone', 'Arn'] }, 'Stack: One refers to resource Gone, which there is not'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Gone.Arn' }, 'Stack: One refers to resource Gone, which there is not'],
    ['Fn::Sub', { 'Fn::Sub': 'a ${!Kept} ${AWS::Region} ${Gone}' }, 'Stack: One refers to Gone, which there is not'],
    ['Fn::Sub of an attribute', { 'Fn::Sub': ['${Given} ${Gone.Arn}', { Given: 'x' }] }, 'Stack: One refers to resource Gone, which there is not'],
    ['Fn::If', { 'Fn::If': ['Gone', 1, 2] }, 'Stack: One refers to condition Gone, which there is not'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Gone', 'a', 'b'] }, 'Stack: One refers to mapping Gone, which there is not'],
    ['a value deep within others', { 'Fn::Join': ['', ['a', { 'Fn::Select': [0, { 'Fn::GetAZs': { Ref: 'Gone' } }] }]] }, 'Stack: One refers to Gone, which there is not'],
  ])('where nothing has the name in %s', (_, value, problem) => {
    expect(problemsOf((stack) => resource(stack, 'One', { value }))).toEqual([problem]);
  });

  test('where nothing has the name in DependsOn, a condition or an output', () => {
    expect(problemsOf((stack) => {
      resource(stack, 'One').addOverride('DependsOn', 'Gone');
      resource(stack, 'Two').addOverride('Condition', 'Never');
      new CfnOutput(stack, 'Out', { value: Fn.ref('Gone') });
    })).toEqual([
      'Stack: One refers to resource Gone, which there is not',
      'Stack: Two refers to condition Never, which there is not',
      'Stack: output Out refers to Gone, which there is not',
    ]);
  });

  test('where a resource waits for itself', () => {
    expect(problemsOf((stack) => resource(stack, 'One', { policy: { Resource: { 'Fn::GetAtt': ['One', 'Arn'] } } })))
      .toEqual(['Stack: resources wait for each other: One -> One']);
  });

  test('where resources wait for each other', () => {
    expect(problemsOf((stack) => {
      resource(stack, 'One', { other: { 'Fn::Sub': 'x-${Two}' } });
      resource(stack, 'Two', { other: { Ref: 'Three' } });
      resource(stack, 'Three').addOverride('DependsOn', ['One']);
    })).toEqual(['Stack: resources wait for each other: One -> Two -> Three -> One']);
  });

  test('where a value is imported that no stack exports', () => {
    expect(problemsOf((stack) => resource(stack, 'One', { value: Fn.importValue('gone') })))
      .toEqual(['Stack: imports "gone", which no stack exports']);
  });

  test('where stacks wait for each other\'s exports', () => {
    const app = new App();
    const other = new Stack(app, 'Other');
    resource(other, 'Two', { value: Fn.importValue('one') });
    new CfnOutput(other, 'Out', { value: 'x', exportName: 'two' });
    expect(problemsOf((stack) => {
      resource(stack, 'One', { value: Fn.importValue('two') });
      new CfnOutput(stack, 'Out', { value: 'x', exportName: 'one' });
    }, app)).toEqual(['stacks wait for each other: Other -> Stack -> Other']);
  });

  test('where a nested stack gets nothing for a parameter, or gives no such output', () => {
    expect(problemsOf((stack) => {
      const nested = new NestedStack(stack, 'Nested');
      new CfnResource(nested, 'Inner', { type: 'Custom::Thing', properties: { value: { Ref: 'Nobody' } } });
      new CfnParameter(nested, 'P');
      const id = stack.resolve((nested.nestedStackResource as CfnResource).logicalId) as string;
      resource(stack, 'One', { value: { 'Fn::GetAtt': [id, 'Outputs.Gone'] } });
    })).toEqual([
      expect.stringMatching(/^Stack: \w+ is passed nothing for P$/),
      expect.stringMatching(/^Stack\/\w+: Inner refers to Nobody, which there is not$/),
      expect.stringMatching(/^Stack: One refers to output Gone of \w+, which there is not$/),
    ]);
  });

  test('where it is in a Stage', () => {
    expect(problemsOf((stack) => resource(stack, 'One', { value: { Ref: 'Gone' } }), new Stage(new App(), 'Prod')))
      .toEqual([expect.stringMatching(/^ProdStack\w+: One refers to Gone, which there is not$/)]);
  });
});

test('the apps of these tests are all held to it', () => {
  const stack = newStack();
  resource(stack, 'One', { value: { Ref: 'Gone' } });
  expect(() => (stack.node.root as App).synth()).toThrow('undeployable:\nStack: One refers to Gone, which there is not');
  const unchecked = readdirSync(__dirname)
    .filter((file) => file.endsWith('.test.ts') && file !== 'deployability.test.ts')
    .filter((file) => /new App\(/.test(readFileSync(join(__dirname, file), 'utf8')));
  expect(unchecked).toEqual([]);
});

const snapshots = readdirSync(join(ROOT, 'integ')).filter((file) => file.endsWith('.snapshot'));
test.each(snapshots)('the templates of %s can be deployed', (folder) => {
  expect(undeployable(new CloudAssembly(join(ROOT, 'integ', folder)))).toEqual([]);
});

import { App, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, FunctionProps, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV, WireConfiguration } from '../../lib/contract';

export const newStack = (id = 'Stack', props?: StackProps, app = new App()): Stack => new Stack(app, id, props);

export const newFunction = (scope: Construct, id = 'Fn', props: Partial<FunctionProps> = {}): LambdaFunction =>
  new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => ({ statusCode: 201 });'),
    ...props,
  });

/** Properties of the only resource of a type whose logical id begins so. */
export function propertiesOf(template: Template, type: string, prefix = ''): Record<string, any> {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith(prefix));
  if (found.length !== 1) throw new Error(`${found.length} resources ${type} ${prefix}*`);
  return found[0]![1].Properties;
}

export const environmentOf = (template: Template, prefix = 'Fn'): Record<string, any> =>
  propertiesOf(template, 'AWS::Lambda::Function', prefix).Environment.Variables;

export const settingsOf = (template: Template, prefix = 'Fn'): WireConfiguration =>
  JSON.parse(environmentOf(template, prefix)[ENV.SETTINGS]);

/** Statements of the policy of a function's role, without `Effect`. */
export const statementsOf = (template: Template, prefix = 'FnServiceRoleDefaultPolicy'): any[] =>
  propertiesOf(template, 'AWS::IAM::Policy', prefix).PolicyDocument.Statement;

import { App, AppProps, Stack, StackProps, StageSynthesisOptions } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, FunctionProps, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { ENV, WireConfiguration } from '../../lib/contract';
import { undeployable } from '../support/deployability';

/** An app whose synthesis fails on templates that CloudFormation could not deploy; `cdk synth` does not look. */
class CheckedApp extends App {
  public override synth(options?: StageSynthesisOptions): CloudAssembly {
    const assembly = super.synth(options);
    const problems = undeployable(assembly);
    if (problems.length > 0) throw new Error(`undeployable:\n${problems.join('\n')}`);
    return assembly;
  }
}

export const newApp = (props?: AppProps): App => new CheckedApp(props);

/** As Secrets Manager makes them. */
export const VERSION_ID = 'b7a6e0f2-9a3c-4f0e-8f53-0d8f1c3a2b11';
export const OTHER_VERSION_ID = '1c1d6d0e-52ad-4a8c-a2a7-6f1d4c8f9d20';

export const newStack = (id = 'Stack', props?: StackProps, app = newApp()): Stack => new Stack(app, id, props);

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

import { Token } from 'aws-cdk-lib';
import { Alias, CfnFunction, Function as LambdaFunction, IFunction, RuntimeFamily, Version } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { ENV, LAYER } from '../contract';
import { refuse } from './errors';
import { addRuntimeLayer } from './runtime-layer';

const OLDEST_NODE = 20;
const IN_CODE = 'wrap its handler in code with idempotent(), pass idempotency.environment() and call idempotency.grantUse(fn)';

/** The function that a version or an alias points to. */
export function functionBehind(handler: IFunction): IFunction {
  return handler instanceof Alias || handler instanceof Version ? handler.lambda : handler;
}

/** The function behind a handler if its handler can be redirected; refused otherwise. */
export function redirectable(site: IConstruct, handler: IFunction): LambdaFunction {
  const fn = functionBehind(handler);
  const no = (problem: string, remedy: string): never => refuse({ site, prop: `handler ${fn.node.path}`, problem, remedy });

  if (!(fn instanceof LambdaFunction)) {
    return no('is not a Function of this app, so its settings cannot be changed', `Attach where the function is defined, or ${IN_CODE}`);
  }
  const resource = fn.node.defaultChild as CfnFunction;
  if (resource.packageType === 'Image') {
    return no('is a container image, which takes no layers', `Use a zip function, or ${IN_CODE}`);
  }
  if (fn.runtime.family !== RuntimeFamily.NODEJS) {
    return no(`runs on ${fn.runtime.name}`, `Use a Node.js runtime from nodejs${OLDEST_NODE}.x on`);
  }
  if (!Token.isUnresolved(fn.runtime.name) && majorOf(fn.runtime.name) < OLDEST_NODE) {
    return no(`runs on ${fn.runtime.name}`, `Use a Node.js runtime from nodejs${OLDEST_NODE}.x on`);
  }
  if (resource.durableConfig !== undefined) {
    return no('is a durable function, whose executions are replayed by Lambda', 'Use a function without durableConfig for the API');
  }
  if (resource.handler === undefined || Token.isUnresolved(resource.handler)) {
    return no('has a handler that is not known at synth', 'Name it literally, as in "index.handler"');
  }
  return fn;
}

/** Puts the runtime in front of the function's own handler. */
export function redirect(fn: LambdaFunction): void {
  const resource = fn.node.defaultChild as CfnFunction;
  const own = resource.handler!;
  addRuntimeLayer(fn);
  fn.addEnvironment(ENV.HANDLER, own);
  resource.handler = LAYER.HANDLER;
}

function majorOf(runtimeName: string): number {
  return Number(/\d+/.exec(runtimeName)?.[0]);
}

import { Annotations, Token } from 'aws-cdk-lib';
import {
  Alias, CfnFunction, Function as LambdaFunction, IFunction, IVersion, Runtime, RuntimeFamily, SingletonFunction, Version,
} from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { ENV, LAYER } from '../contract';
import { refusalMessage, Refusal, refuse } from './errors';
import { addRuntimeLayer } from './runtime-layer';

const OLDEST_NODE = 20;
const RELAY = 'serve it through the relay (relay: true on its route, idempotency.relay(fn) for an API of your own)';
const IN_CODE = 'wrap its handler in code with idempotent(), pass idempotency.environment() and call idempotency.grantUse(fn)';

/** The function that a version, an alias or `$LATEST` points to. */
export function functionBehind(handler: IFunction): IFunction {
  if (handler instanceof Alias || handler instanceof Version) return handler.lambda;
  return isLatest(handler) ? handler.lambda : handler;
}

/** Warns of a version that was published by itself: no change of its function ever reaches it. */
export function adviseOnVersion(site: IConstruct, handler: IFunction): void {
  const version = handler instanceof Alias ? handler.version : handler;
  if (!(version instanceof Version) || isCurrent(version)) return;
  Annotations.of(site).addWarningV2('cdk-idempotent-api:versionNotCurrent', `${site.node.path}: handler ${version.node.path} is a version of `
    + `${version.lambda.node.path} that is published once and never again: what calls it goes on running the code and the settings of that time, `
    + 'unprotected if it was before. Use fn.currentVersion, as fn.addAlias() does.');
}

/** The function behind a handler if its handler can be redirected; refused otherwise. */
export function redirectable(site: IConstruct, handler: IFunction): LambdaFunction {
  const fn = functionBehind(handler);
  const refusal = whyNot(fn);
  if (refusal !== undefined) refuse({ site, prop: `handler ${fn.node.path}`, ...refusal });
  return fn as LambdaFunction;
}

/** As `redirectable` would say it; undefined where it would not refuse. */
export function refusalOf(site: IConstruct, fn: LambdaFunction): string | undefined {
  const refusal = whyNot(fn);
  return refusal && refusalMessage({ site, prop: `handler ${fn.node.path}`, ...refusal });
}

/** Puts the runtime in front of the function's own handler. */
export function redirect(fn: LambdaFunction): void {
  const resource = fn.node.defaultChild as CfnFunction;
  const own = resource.handler!;
  addRuntimeLayer(fn);
  fn.addEnvironment(ENV.HANDLER, own);
  resource.handler = LAYER.HANDLER;
}

function whyNot(fn: IFunction | CfnFunction): Pick<Refusal, 'problem' | 'remedy'> | undefined {
  const no = (problem: string, remedy: string) => ({ problem, remedy });
  if (fn instanceof CfnFunction) {
    return no('is a CfnFunction, the resource alone', 'Use attachCfn(cfnFunction), or a Function');
  }
  if (fn instanceof SingletonFunction) {
    return no('is a SingletonFunction, which keeps its function to itself', `Make a Function once and share it, or ${RELAY}`);
  }
  if (!(fn instanceof LambdaFunction)) {
    return no('is not a Function of this app, so its settings cannot be changed', `Attach where the function is defined, ${IN_CODE}, or ${RELAY}`);
  }
  const resource = fn.node.defaultChild as CfnFunction;
  if (resource.packageType === 'Image') {
    return no('is a container image, which takes no layers', `Use a zip function, ${IN_CODE}, or ${RELAY}`);
  }
  if (!isNode(fn.runtime)) {
    return no(`runs on ${fn.runtime.name}, and only Node.js from nodejs${OLDEST_NODE}.x on can be redirected`, `Use such a runtime, or ${RELAY}`);
  }
  if (resource.durableConfig !== undefined) {
    return no('is a durable function, whose executions are replayed by Lambda', `Use a function without durableConfig for the API, or ${RELAY}`);
  }
  if (resource.handler === undefined || Token.isUnresolved(resource.handler)) {
    return no('has a handler that is not known at synth', 'Name it literally, as in "index.handler"');
  }
  if (resource.handler.endsWith('.sh')) {
    return no(
      `has the handler "${resource.handler}", a script that starts a server (Lambda Web Adapter), which a redirection would never run`,
      `Leave it as it is and ${RELAY}`,
    );
  }
  return undefined;
}

/** The name tells too, of releases that the CDK does not know yet. */
function isNode({ family, name }: Runtime): boolean {
  if (family !== RuntimeFamily.NODEJS && !name.startsWith('nodejs')) return false;
  return Token.isUnresolved(name) || Number(/\d+/.exec(name)?.[0]) >= OLDEST_NODE;
}

/** The CDK names no class for it. */
const isLatest = (handler: IFunction): handler is IVersion => 'lambda' in handler && 'version' in handler && handler.version === '$LATEST';

/** The one that the CDK makes anew with each change of its function. */
const isCurrent = (version: Version): boolean => version.node.scope === version.lambda && version.node.id === 'CurrentVersion';

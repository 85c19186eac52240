import { CfnResource, Token } from 'aws-cdk-lib';
import { Alias, CfnAlias, CfnFunction, Function as LambdaFunction, IFunction, IVersion, SingletonFunction, Version } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { ENV, LAYER } from '../contract';
import { Refusal, refuse } from './errors';
import { FunctionHandle, handleOf } from './function-handle';
import { addRuntimeLayer } from './runtime-layer';
import { warn } from './warnings';

const OLDEST_NODE = 20;
/** How any other function is served. */
export const BY_RELAY = 'put a relay before it, with relay: true in addRoutes or with idempotency.relay(fn)';
const IN_CODE = 'wrap its handler in code with idempotent(), pass idempotency.environment() and call idempotency.grantUse(fn)';

/** The function that a version, an alias or `$LATEST` points to. */
export function functionBehind(handler: IFunction): IFunction {
  if (handler instanceof Alias || handler instanceof Version) return handler.lambda;
  return isLatest(handler) ? handler.lambda : handler;
}

/** Warns of a version that was published by itself: no change of its function ever reaches it. */
export function adviseOnVersion(site: IConstruct, handler: IFunction): void {
  const version = publishedOnce(handler);
  if (version === undefined) return;
  warn(site, 'versionNotCurrent', `handler ${version.node.path} is a version of `
    + `${version.lambda.node.path} that is published once and never again: what calls it goes on running the code and the settings of that time, `
    + 'unprotected if it was before. Use fn.currentVersion, as fn.addAlias() does.');
}

/** The version behind a handler, if it was published by itself. */
export function publishedOnce(handler: IFunction): Version | undefined {
  const version = handler instanceof Alias ? handler.version : handler;
  return version instanceof Version && !isCurrent(version) ? version : undefined;
}

/** Whether all that a handler invokes is `fn` as this synthesis deploys it; of an imported version or alias nobody knows. */
export function isAsDeployed(handler: IFunction, fn: IFunction): boolean {
  if (handler === fn || handler instanceof SingletonFunction || isLatest(handler)) return true;
  if (handler instanceof Version) return isCurrent(handler);
  return handler instanceof Alias && (handler.node.defaultChild as CfnAlias).routingConfig === undefined && isAsDeployed(handler.version, fn);
}

/** The function behind a handler if its handler can be redirected; refused otherwise. */
export function redirectable(site: IConstruct, handler: IFunction): FunctionHandle {
  const fn = functionBehind(handler);
  const refusal = whyNot(fn);
  if (refusal !== undefined) refuse({ site, prop: `handler ${fn.node.path}`, ...refusal });
  return handleOf(fn)!;
}

/** A resource that is a function, if its handler can be redirected; refused otherwise. */
export function redirectableResource(site: IConstruct, resource: CfnResource): FunctionHandle {
  const { scope } = resource.node;
  // Whoever has the resource of a Function has the Function, which renders what is set here.
  const handle = handleOf(scope?.node.defaultChild === resource && scope instanceof LambdaFunction ? scope : resource);
  const prop = `cfnFunction ${resource.node.path}`;
  if (handle === undefined) {
    return refuse({
      site,
      prop,
      problem: `is a ${resource.cfnResourceType}`,
      remedy: 'Give an AWS::Lambda::Function or an AWS::Serverless::Function',
    });
  }
  const refusal = whyNotRedirected(handle);
  if (refusal !== undefined) refuse({ site, prop, ...refusal });
  return handle;
}

/** What `redirectable` would refuse; undefined where it would not. */
export function refusalOf(site: IConstruct, fn: IFunction): Refusal | undefined {
  const refusal = whyNot(fn);
  return refusal && { site, prop: `handler ${fn.node.path}`, ...refusal };
}

/** Puts the runtime in front of the function's own handler. */
export function redirect(fn: FunctionHandle): void {
  const own = fn.resource.handler!;
  addRuntimeLayer(fn);
  fn.addVariable(ENV.HANDLER, own);
  fn.resource.handler = LAYER.HANDLER;
}

type Refused = Pick<Refusal, 'problem' | 'remedy'>;
const no = (problem: string, remedy: string): Refused => ({ problem, remedy });

function whyNot(fn: IFunction | CfnFunction): Refused | undefined {
  if (fn instanceof CfnFunction) {
    return no('is a CfnFunction, the resource alone', 'Use attachCfn(cfnFunction), or a Function');
  }
  if (fn instanceof SingletonFunction) {
    return no('is a SingletonFunction, which keeps its function to itself', `Make a Function once and share it, or ${BY_RELAY}`);
  }
  if (!(fn instanceof LambdaFunction)) {
    return no('is not a Function of this app, so its settings cannot be changed', `Attach where the function is defined, ${IN_CODE}, or ${BY_RELAY}`);
  }
  return whyNotRedirected(handleOf(fn)!);
}

function whyNotRedirected({ resource: { packageType, durableConfig, handler }, runtimeName, isNode }: FunctionHandle): Refused | undefined {
  if (packageType === 'Image') {
    return no('is a container image, which takes no layers', `Use a zip function, ${IN_CODE}, or ${BY_RELAY}`);
  }
  if (runtimeName === undefined) {
    return no('names no runtime of its own, and the Globals of a template are not seen here', 'Write its runtime at the function');
  }
  if (!isNode || isOld(runtimeName)) {
    return no(`runs on ${runtimeName}, and only Node.js from nodejs${OLDEST_NODE}.x on can be redirected`, `Use such a runtime, or ${BY_RELAY}`);
  }
  if (durableConfig !== undefined) {
    return no('is a durable function, whose executions are replayed by Lambda', `Use a function without durableConfig for the API, or ${BY_RELAY}`);
  }
  if (handler === undefined || Token.isUnresolved(handler)) {
    return no('has a handler that is not known at synth', 'Name it literally, as in "index.handler"');
  }
  if (handler.endsWith('.sh')) {
    return no(
      `has the handler "${handler}", a script that starts a server (Lambda Web Adapter), which a redirection would never run`,
      `Leave it as it is and ${BY_RELAY}`,
    );
  }
  return undefined;
}

/** A name that differs by region is a token, and new enough. */
const isOld = (runtimeName: string): boolean => !Token.isUnresolved(runtimeName) && Number(/\d+/.exec(runtimeName)?.[0]) < OLDEST_NODE;

/** The CDK names no class for it. */
const isLatest = (handler: IFunction): handler is IVersion => 'lambda' in handler && 'version' in handler && handler.version === '$LATEST';

/** The one that the CDK makes anew with each change of its function. */
const isCurrent = (version: Version): boolean => version.node.scope === version.lambda && version.node.id === 'CurrentVersion';

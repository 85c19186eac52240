import { CfnResource, Duration, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import { CfnFunction, IFunction, IVersion, SingletonFunction } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { refuse } from './errors';
import { FunctionHandle, handleOf } from './function-handle';
import { isAsDeployed, publishedOnce } from './redirection';
import { LONGEST_TIMEOUT_SECONDS, RelayFunction, RelayTarget } from './relay-function';
import { warn } from './warnings';

/** What a relay has to know of the function behind it; refused where a relay could not serve it. */
export function relayTarget(site: IConstruct, handler: IFunction, targetTimeout: Duration | undefined): RelayTarget {
  requireFunction(site, handler);
  const fn = functionOf(handler);
  requireNoRelay(site, fn);
  requireSameRegion(site, fn);
  adviseOnAccount(site, handler, fn);
  const handle = handleOf(fn);
  const durable = handle?.resource.durableConfig !== undefined;
  if (durable) requireQualified(site, handler, fn);
  // A version of another time may have had another timeout.
  const asDeployed = isAsDeployed(handler, fn) ? handle : undefined;
  const known = asDeployed && timeoutOf(asDeployed);
  return { handler, fn, timeoutSeconds: agreedTimeout(site, handler, known, targetTimeout), isTimeoutKnown: known !== undefined, durable };
}

/** Versions and aliases have it, imported ones too, whose own environment would be that of the stack that imports them. */
function functionOf(handler: IFunction): IFunction {
  const fn = 'lambda' in handler ? (handler as IVersion).lambda : handler;
  // Its node is the one of the function that it keeps to itself.
  return fn instanceof SingletonFunction ? (fn.permissionsNode.defaultChild as CfnResource).node.scope as unknown as IFunction : fn;
}

function requireFunction(site: IConstruct, handler: IFunction | CfnFunction): void {
  if (!(handler instanceof CfnFunction)) return;
  refuse({
    site,
    prop: `handler ${handler.node.path}`,
    problem: 'is a CfnFunction, the resource alone',
    remedy: 'Give Function.fromFunctionArn(this, id, cfnFunction.attrArn), and its timeout as targetTimeout',
  });
}

function requireNoRelay(site: IConstruct, fn: IFunction): void {
  if (!(fn instanceof RelayFunction)) return;
  refuse({
    site,
    prop: `handler ${fn.node.path}`,
    problem: `is a relay itself, to ${fn.target.handler.node.path}`,
    remedy: 'Use it as the handler without another relay before it',
  });
}

function requireSameRegion(site: IConstruct, fn: IFunction): void {
  const { region } = Stack.of(site);
  if (Token.compareStrings(fn.env.region, region) !== TokenComparison.DIFFERENT) return;
  refuse({
    site,
    prop: `handler ${fn.node.path}`,
    problem: `is in ${fn.env.region}, and its relay would be in ${region}, from where it is not invoked`,
    remedy: `Make the relay in a stack of ${fn.env.region}, or give a function of ${region}`,
  });
}

/** Both sides must allow what crosses accounts, and only one is ours. */
function adviseOnAccount(site: IConstruct, handler: IFunction, fn: IFunction): void {
  if (Token.compareStrings(fn.env.account, Stack.of(site).account) !== TokenComparison.DIFFERENT) return;
  warn(site, 'targetOfAnotherAccount', `${handler.node.path} belongs to account `
    + `${fn.env.account}: until its policy allows the role of the relay lambda:InvokeFunction, every request is answered 503. `
    + 'Ask the owner of the function for it, or give a function of this account.');
}

/** Lambda refuses to invoke it by its name alone. */
function requireQualified(site: IConstruct, handler: IFunction, fn: IFunction): void {
  if (handler !== fn && !(handler instanceof SingletonFunction)) return;
  refuse({
    site,
    prop: `handler ${handler.node.path}`,
    problem: 'is a durable function, which Lambda invokes by a version or an alias only',
    remedy: 'Give its currentVersion, or an alias',
  });
}

function timeoutOf({ resource: { durableConfig }, timeoutSeconds: ofOneInvocation }: FunctionHandle): number | undefined {
  if (durableConfig === undefined) return ofOneInvocation;
  const { executionTimeout } = durableConfig as CfnFunction.DurableConfigProperty;
  return Token.isUnresolved(executionTimeout) ? undefined : executionTimeout;
}

/**
 * The timeout that is known or given, in seconds, where they do not differ. The lease rests on it, so there is no guessing.
 */
export function agreedTimeout(site: IConstruct, handler: IFunction, known: number | undefined, given: Duration | undefined): number {
  const prop = 'targetTimeout';
  const seconds = given === undefined || given.isUnresolved() ? known : given.toSeconds({ integral: false });
  if (seconds === undefined) {
    const version = publishedOnce(handler);
    return refuse({
      site,
      prop,
      problem: given === undefined
        ? `is missing, and the timeout of ${handler.node.path} is not known here${version === undefined ? '' : `: ${version.node.path} keeps that of the time when it was published`}`
        : `of ${handler.node.path} is a token, and a lease rests on its value`,
      remedy: 'Give the timeout of that function as targetTimeout, with Duration.seconds(n)',
    });
  }
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_TIMEOUT_SECONDS) {
    refuse({
      site,
      prop,
      problem: `of ${handler.node.path} is ${seconds} seconds`,
      remedy: `Give whole seconds, from 1 to ${LONGEST_TIMEOUT_SECONDS}: Lambda answers no caller later than that`,
    });
  }
  if (known !== undefined && known !== seconds) {
    refuse({
      site,
      prop,
      problem: `is ${seconds} seconds, but ${handler.node.path} has a timeout of ${known}`,
      remedy: 'Leave it out',
    });
  }
  return seconds;
}

import { CfnResource } from 'aws-cdk-lib';
import { Alias, IFunction } from 'aws-cdk-lib/aws-lambda';
import { DEFAULT_TIMEOUT_SECONDS, handleOf } from './function-handle';
import { WRAPPER_SCRIPT } from './function-settings';
import { renderedProperties, renderedValue } from './protection/constructs';
import { choicesOf, fieldsOf, Value } from './protection/deployed';
import { isAsDeployed } from './redirection';

/** What only the synthesis tells of a relay's target, when aspects and escape hatches have been at it. */
export interface TargetAtSynth {
  /** For how long it may run, in seconds; undefined where that is not known. */
  readonly timeoutSeconds?: number;
  /** Whether it is known to run on Lambda's own Python. */
  readonly python: boolean;
}

/**
 * The target of a relay as the template has it. Nothing is known of a version of another time.
 *
 * @param fn the function itself, where the handler is a version or an alias of it
 */
export function targetAtSynth(handler: IFunction, fn: IFunction): TargetAtSynth {
  if (handleOf(fn) === undefined || !isAsDeployed(handler, fn) || isRepointed(handler)) return { python: false };
  const { Runtime, Environment, Timeout = DEFAULT_TIMEOUT_SECONDS, DurableConfig } = renderedProperties(fn.node.defaultChild as CfnResource);
  const timeout = DurableConfig === undefined ? Timeout : fieldsOf(DurableConfig).ExecutionTimeout;
  return {
    timeoutSeconds: typeof timeout === 'number' ? timeout : undefined,
    python: typeof Runtime === 'string' && Runtime.startsWith('python3') && !mayHaveScript(Environment),
  };
}

/** Whether an alias has come to point elsewhere than it was made to. */
function isRepointed(handler: IFunction): boolean {
  if (!(handler instanceof Alias)) return false;
  const { RoutingConfig, FunctionVersion } = renderedProperties(handler.node.defaultChild as CfnResource);
  const made = renderedValue(handler, handler.version.version);
  return RoutingConfig !== undefined || JSON.stringify(FunctionVersion) !== JSON.stringify(made);
}

/** A script may start another runtime than Lambda's own. */
const mayHaveScript = (environment: Value): boolean =>
  choicesOf(environment).flatMap((choice) => choicesOf(fieldsOf(choice).Variables)).some((variables) => WRAPPER_SCRIPT in fieldsOf(variables));

import { Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct, IConstruct, IMixin } from 'constructs';
import { IdempotencyProps } from './idempotency-props';
import { IdempotencySettings } from './idempotency-settings';
import { IdempotentConstruct } from './private/idempotent-construct';

/**
 * Makes functions idempotent whatever calls them: an API that exists already, a
 * Function URL, an Application Load Balancer. Their handlers stay unchanged.
 *
 * It is a mixin too: `fn.with(idempotency)` is `idempotency.attach(fn)`.
 */
export class Idempotency extends IdempotentConstruct implements IMixin {
  constructor(scope: Construct, id: string, props: IdempotencyProps = {}) {
    super(scope, id, props);
  }

  /**
   * Puts the runtime in front of a function's handler, and grants the function
   * what it needs. Attaching twice with the same settings is harmless.
   *
   * @param handler a Node.js zip function of this app, or a version or an alias of one
   * @param settings what differs from the settings of this construct
   */
  public attach(handler: IFunction, settings: IdempotencySettings = {}): void {
    this._attacher.attach(handler, settings);
  }

  /** Whether the construct is a function; `attach` says what is wrong with one that it refuses. */
  public supports(construct: IConstruct): boolean {
    return construct instanceof LambdaFunction;
  }

  /** Attaches the function. */
  public applyTo(construct: IConstruct): void {
    this.attach(construct as LambdaFunction);
  }
}

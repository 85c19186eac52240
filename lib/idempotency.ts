import { CfnResource } from 'aws-cdk-lib';
import { Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct, IConstruct, IMixin } from 'constructs';
import { AttachSettings } from './attach-settings';
import { IdempotencyProps } from './idempotency-props';
import { refusalText } from './private/errors';
import { IdempotentConstruct } from './private/idempotent-construct';
import { adviseOnPreflights, adviseOnSharedKeys, guardFunctions } from './private/protection/guard';
import { refusalOf } from './private/redirection';
import { RelayFunction } from './private/relay-function';
import { warn } from './private/warnings';

/**
 * Makes functions idempotent whatever calls them: an API that exists already, a
 * Function URL, an Application Load Balancer. Their handlers stay unchanged.
 *
 * It is a mixin too: `fn.with(idempotency)` is `idempotency.attach(fn)`.
 */
export class Idempotency extends IdempotentConstruct implements IMixin {
  constructor(scope: Construct, id: string, props: IdempotencyProps = {}) {
    super(scope, id, props);
    guardFunctions(this, this._attacher.functions, props.unprotectedRoutes);
    adviseOnPreflights(this, this._attacher.functions, this._attacher.headers);
    adviseOnSharedKeys(this, this._attacher.functions);
  }

  /**
   * Puts the runtime in front of a function's handler, and grants the function
   * what it needs. Attaching twice with the same settings is harmless.
   *
   * @param handler a Node.js zip function of this app, or a version or an alias of one; for others there is `relay`
   * @param settings what differs from the settings of this construct, and on which routes
   */
  public attach(handler: IFunction, settings: AttachSettings = {}): void {
    this._attacher.attach(handler, settings);
  }

  /**
   * As `attach`, for a resource without a `Function` around it: an L1, what
   * `CfnInclude` has read from a template, or a function of a SAM template.
   *
   * @param cfnFunction an `AWS::Lambda::Function` or an `AWS::Serverless::Function`, on Node.js and with a literal handler
   * @param settings what differs from the settings of this construct, and on which routes
   */
  public attachCfn(cfnFunction: CfnResource, settings: AttachSettings = {}): void {
    this._attacher.attachResource(cfnFunction, settings);
  }

  /** Whether the construct is a function, and no relay. */
  public supports(construct: IConstruct): boolean {
    return construct instanceof LambdaFunction && !(construct instanceof RelayFunction);
  }

  /** Attaches the function; one that `attach` would refuse is left as it is, with a warning that says why. */
  public applyTo(construct: IConstruct): void {
    const refusal = refusalOf(this, construct as LambdaFunction);
    if (refusal === undefined) {
      this.attach(construct as LambdaFunction);
      return;
    }
    if (this._attacher.relays.standBefore(construct as LambdaFunction)) return;
    warn(this, 'notAttached', `${refusalText(refusal)} It is left as it is: its requests run unprotected.`);
  }
}

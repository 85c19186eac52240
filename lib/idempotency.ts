import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct, IConstruct, IMixin } from 'constructs';
import { Attacher } from './attacher';
import { IdempotencySettings } from './idempotency-settings';
import { IdempotencyTable, IIdempotencyTable } from './idempotency-table';

/** Properties of an `Idempotency`. */
export interface IdempotencyProps extends IdempotencySettings {
  /**
   * Where records are kept.
   *
   * @default - a table of its own
   */
  readonly table?: IIdempotencyTable;
}

/**
 * Makes functions idempotent whatever calls them: an API that exists already, a
 * Function URL, an Application Load Balancer. Their handlers stay unchanged.
 *
 * It is a mixin too: `fn.with(idempotency)` is `idempotency.attach(fn)`.
 */
export class Idempotency extends Construct implements IMixin {
  /** Where records are kept. */
  public readonly table: IIdempotencyTable;
  private readonly attacher: Attacher;

  constructor(scope: Construct, id: string, props: IdempotencyProps = {}) {
    super(scope, id);
    this.table = props.table ?? new IdempotencyTable(this, 'Table');
    this.attacher = new Attacher({ site: this, table: this.table, settings: props });
  }

  /**
   * Puts the runtime in front of a function's handler, and grants the function
   * what it needs. Attaching twice with the same settings is harmless.
   *
   * @param handler a Node.js zip function of this app, or a version or an alias of one
   * @param settings what differs from the settings of this construct
   */
  public attach(handler: IFunction, settings: IdempotencySettings = {}): void {
    this.attacher.attach(handler, settings);
  }

  /**
   * Environment variables for a function that cannot be redirected and wraps
   * its handler in code, with `idempotent()`. It needs `grantUse` too.
   *
   * @param settings what differs from the settings of this construct; give
   * `processingTimeout` if the function may run for more than 30 seconds
   */
  public environment(settings: IdempotencySettings = {}): { [name: string]: string } {
    return this.attacher.environment(settings);
  }

  /**
   * Grants what the wrapper needs: use of the table, and reading of the key secrets.
   *
   * @param grantee the function, or whatever else runs the wrapper
   */
  public grantUse(grantee: IGrantable): Grant {
    return this.attacher.grantUse(grantee);
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

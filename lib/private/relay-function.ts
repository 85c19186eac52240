import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, IFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV, RELAY, RELAY_MARGIN_SECONDS, TARGET_INIT_SECONDS } from '../contract';
import { refuse } from './errors';

/** Lambda's own, for any function. */
export const LONGEST_TIMEOUT_SECONDS = Duration.minutes(15).toSeconds();
const MEMORY_MIB = 256;
const FOLDER = join(__dirname, '..', '..', 'build', RELAY.DIRECTORY);

/** What a relay invokes, as far as it must know it. */
export interface RelayTarget {
  /** As the user gave it. */
  readonly handler: IFunction;
  /** The function itself, where the handler is a version or an alias of it. */
  readonly fn: IFunction;
  readonly timeoutSeconds: number;
  /** Whether the function itself says so, and not the user. */
  readonly isTimeoutKnown: boolean;
  /** Whether its executions have names. */
  readonly durable: boolean;
}

/** How a relay is deployed. */
export interface RelayDeployment {
  readonly memorySize?: number;
  readonly logGroup?: ILogGroup;
}

/** A function of ours that stands before another one: claims, invokes it, records. */
export class RelayFunction extends LambdaFunction {
  /** A relay with its role and its logs, below a construct `id`. */
  public static before(target: RelayTarget, scope: Construct, id: string, { memorySize = MEMORY_MIB, logGroup }: RelayDeployment): RelayFunction {
    const site = new Construct(scope, id);
    requireBundle(site);
    const logs = logGroup ?? new LogGroup(site, 'Logs', { retention: RetentionDays.ONE_MONTH });
    // The managed policy that the CDK would give it allows writing to every log group of the account.
    const role = new Role(site, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logs.grantWrite(role);
    return new RelayFunction(site, target, memorySize, logs, role);
  }

  private constructor(scope: Construct, public readonly target: RelayTarget, memorySize: number, logGroup: ILogGroup, role: Role) {
    super(scope, 'Function', {
      description: RELAY.DESCRIPTION,
      runtime: Runtime.NODEJS_24_X,
      handler: RELAY.HANDLER,
      code: Code.fromAsset(FOLDER),
      timeout: Duration.seconds(Math.min(target.timeoutSeconds + RELAY_MARGIN_SECONDS, LONGEST_TIMEOUT_SECONDS)),
      memorySize,
      logGroup,
      role,
      environment: {
        [ENV.TARGET]: target.handler.functionArn,
        [ENV.TARGET_TIMEOUT]: String(target.timeoutSeconds),
        ...(target.durable && { [ENV.TARGET_DURABLE]: 'true' }),
      },
    });
  }

  /** How long an execution may go on after its claim, in seconds: nothing is known of an Invoke whose relay died. */
  public get longestExecutionSeconds(): number {
    return this.target.timeoutSeconds + TARGET_INIT_SECONDS + RELAY_MARGIN_SECONDS;
  }
}

function requireBundle(site: Construct): void {
  if (existsSync(join(FOLDER, 'relay.mjs'))) return;
  refuse({
    site,
    prop: 'relay',
    problem: 'cannot be deployed, since it has not been built',
    remedy: 'Run "npm run bundle" in the repository of cdk-idempotent-api; a published package contains it',
  });
}

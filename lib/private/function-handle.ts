import { CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { AddToPrincipalPolicyResult, IGrantable, IPrincipal, IRole, PolicyStatement, PrincipalPolicyFragment, Role } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, Function as LambdaFunction, ILayerVersion, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { CfnFunction as CfnServerlessFunction } from 'aws-cdk-lib/aws-sam';
import { Construct, DependencyGroup } from 'constructs';
import { refuse } from './errors';
import { RelayFunction, RelayTarget } from './relay-function';

/** Lambda's own, which the CDK leaves out of the template. */
export const DEFAULT_TIMEOUT_SECONDS = 3;
export const MOST_LAYERS = 5;
const ROLE_ID = 'CdkIdempotentApiRole';

/** A function of this app, whichever class it has. */
export interface FunctionHandle {
  /** What the user made: refusals name it, and what belongs to the function becomes its child. */
  readonly construct: Construct;
  /** Who is granted what the runtime needs. */
  readonly grantee: IGrantable;
  /** In seconds; undefined where it is not known at synth. */
  readonly timeoutSeconds?: number;
  /** How long an execution may go on after its claim, in seconds; undefined where it is not known at synth. */
  readonly longestExecutionSeconds?: number;
  /** What it invokes, where it is a relay: its handler is the runtime already. */
  readonly relayTo?: RelayTarget;
  /** ARN of the role; undefined where it is not known here. */
  readonly roleArn?: string;
  /** As in the template. */
  readonly resource: {
    handler?: string; readonly runtime?: string; readonly packageType?: string; readonly durableConfig?: unknown; readonly layers?: string[];
  };
  readonly runtimeName?: string;
  readonly isNode: boolean;
  addVariable(name: string, value: string): void;
  /** All its variables, as in the template. */
  variables(): Record<string, unknown>;
  addLayer(layer: ILayerVersion): void;
  /** What an alias' version depends on beside the template; nothing where versions are made by hand. */
  invalidateVersion(hash: string): void;
}

/** A construct that can be asked and changed; undefined for any other. */
export function handleOf(construct: unknown): FunctionHandle | undefined {
  if (construct instanceof LambdaFunction) return new L2Function(construct);
  if (construct instanceof CfnFunction) return new L1Function(construct);
  if (construct instanceof CfnServerlessFunction) return new ServerlessFunction(construct);
  return undefined;
}

class L2Function implements FunctionHandle {
  public readonly resource: CfnFunction;

  constructor(public readonly construct: LambdaFunction) {
    this.resource = construct.node.defaultChild as CfnFunction;
  }

  public get grantee(): IGrantable {
    return this.construct;
  }

  public get timeoutSeconds(): number | undefined {
    const { timeout } = this.construct;
    if (timeout === undefined) return DEFAULT_TIMEOUT_SECONDS;
    return timeout.isUnresolved() ? undefined : timeout.toSeconds();
  }

  public get longestExecutionSeconds(): number | undefined {
    return this.construct instanceof RelayFunction ? this.construct.longestExecutionSeconds : this.timeoutSeconds;
  }

  public get relayTo(): RelayTarget | undefined {
    return this.construct instanceof RelayFunction ? this.construct.target : undefined;
  }

  public get roleArn(): string | undefined {
    return this.construct.role?.roleArn;
  }

  public get runtimeName(): string {
    return this.construct.runtime.name;
  }

  /** A name that differs by region is a token. */
  public get isNode(): boolean {
    return this.construct.runtime.family === RuntimeFamily.NODEJS || this.runtimeName.startsWith('nodejs');
  }

  public addVariable(name: string, value: string): void {
    this.construct.addEnvironment(name, value);
  }

  public variables(): Record<string, unknown> {
    return variablesOf(this.resource, this.resource.environment);
  }

  public addLayer(layer: ILayerVersion): void {
    this.construct.addLayers(layer);
  }

  public invalidateVersion(hash: string): void {
    this.construct.invalidateVersionBasedOn(hash);
  }
}

type L1 = CfnFunction | CfnServerlessFunction;

/** What both resources have alike. */
abstract class ResourceHandle<R extends L1> implements FunctionHandle {
  public abstract readonly grantee: IGrantable;
  public abstract readonly timeoutSeconds?: number;

  constructor(public readonly construct: R) {}

  public get resource(): R {
    return this.construct;
  }

  public get longestExecutionSeconds(): number | undefined {
    return this.timeoutSeconds;
  }

  public get runtimeName(): string | undefined {
    return this.construct.runtime;
  }

  public get isNode(): boolean {
    return /^nodejs/.test(String(this.construct.runtime));
  }

  public get roleArn(): string | undefined {
    return this.construct.role;
  }

  public addVariable(name: string, value: string): void {
    this.construct.environment = { variables: { ...this.plainVariables(), [name]: value } };
  }

  public variables(): Record<string, unknown> {
    return variablesOf(this.construct, this.construct.environment);
  }

  public addLayer(layer: ILayerVersion): void {
    const layers = this.construct.layers ?? [];
    if (layers.length >= MOST_LAYERS) throw new Error(`Unable to add layer: the function has ${layers.length} layers already`);
    this.construct.layers = [...layers, layer.layerVersionArn];
  }

  /** Versions of resources are published by hand, or by SAM with each change of their environment. */
  public invalidateVersion(): void {}

  private plainVariables(): Record<string, string> {
    const environment = this.construct.environment ?? {};
    const { variables = {} } = environment as CfnFunction.EnvironmentProperty;
    if (!Token.isUnresolved(environment) && !Token.isUnresolved(variables)) return variables as Record<string, string>;
    return refuse({
      site: this.construct,
      prop: 'environment',
      problem: 'is a token, which nothing can be added to',
      remedy: 'Write its variables out, or leave the function as it is and put a relay before it, with idempotency.relay(fn)',
    });
  }
}

class L1Function extends ResourceHandle<CfnFunction> {
  public get timeoutSeconds(): number | undefined {
    const { timeout = DEFAULT_TIMEOUT_SECONDS } = this.construct;
    return Token.isUnresolved(timeout) ? undefined : timeout;
  }

  public get grantee(): IGrantable {
    return roleOf(this.construct, this.construct.role);
  }
}

class ServerlessFunction extends ResourceHandle<CfnServerlessFunction> {
  /** Without one of its own it may have that of the template's `Globals`, which nobody can see from here. */
  public get timeoutSeconds(): number | undefined {
    const { timeout } = this.construct;
    return Token.isUnresolved(timeout) ? undefined : timeout;
  }

  /** Where SAM makes the role, it takes statements in the function's `Policies`. */
  public get grantee(): IGrantable {
    const { role } = this.construct;
    return role === undefined ? new ServerlessRole(this.construct) : roleOf(this.construct, role);
  }
}

/** Stands for the role that SAM will make. */
class ServerlessRole implements IPrincipal {
  public readonly grantPrincipal: IPrincipal = this;
  public readonly assumeRoleAction = 'sts:AssumeRole';

  constructor(private readonly fn: CfnServerlessFunction) {}

  public get principalAccount(): string {
    return Stack.of(this.fn).account;
  }

  /** What the policy of a table or a key of another account would have to say. */
  public get policyFragment(): PrincipalPolicyFragment {
    return refuse({
      site: this.fn,
      prop: 'role',
      problem: 'is made by SAM, and a policy of another resource would have to name it',
      remedy: 'Give the function a role',
    });
  }

  public addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    const { policies = [] } = this.fn;
    this.fn.policies = [...Array.isArray(policies) ? policies : [policies], { statement: [statement.toJSON()] }];
    return { statementAdded: true, policyDependable: new DependencyGroup(this.fn) };
  }
}

/** A role of this app where it is one, so that its statements stand where its others do. */
function roleOf(fn: CfnResource, arn: string): IRole {
  const made = fn.node.tryFindChild(ROLE_ID) as IRole | undefined;
  if (made !== undefined) return made;
  const target = Tokenization.reverseString(arn).tokens.find(Reference.isReference)?.target;
  if (target?.node.scope !== undefined && Role.isRole(target.node.scope)) return target.node.scope as IRole;
  if (CfnResource.isCfnResource(target) && target.cfnResourceType === 'AWS::IAM::Role') return Role.fromRoleName(fn, ROLE_ID, target.ref);
  return Role.fromRoleArn(fn, ROLE_ID, arn);
}

const variablesOf = (scope: CfnResource, environment: unknown): Record<string, unknown> =>
  (Stack.of(scope).resolve(environment) as { variables?: Record<string, unknown> } | undefined)?.variables ?? {};

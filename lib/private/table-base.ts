import { ArnFormat, Resource, ResourceEnvironment, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import { CfnGlobalTable, CfnTable, ITableV2, TableGrants, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, Dependable } from 'constructs';
import { refuse } from './errors';
import { IIdempotencyTable } from '../i-idempotency-table';
import { grantKey } from './key-grant';
import { warn } from './warnings';

const READ_KEY = ['kms:Decrypt', 'kms:DescribeKey'];
const USE_KEY = [...READ_KEY, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'];

/**
 * Who may do what with a table, wherever the table comes from.
 *
 * @internal
 */
export abstract class TableBase extends Resource implements IIdempotencyTable {
  public abstract readonly tableName: string;
  public abstract readonly tableArn: string;
  public abstract readonly encryptionKey?: IKey;
  /** @internal */
  protected abstract readonly _resource: ITableV2;
  private readonly replicas = new Map<string, IIdempotencyTable>();

  /** Account and region of the table, which are not those of the stack where one is imported by ARN. */
  public override get env(): ResourceEnvironment {
    return this._resource.env;
  }

  public grantUse(grantee: IGrantable): Grant {
    return this.grantWithKey(grantee, USE_KEY, ['dynamodb:UpdateItem', 'dynamodb:GetItem']);
  }

  public grantInspect(grantee: IGrantable): Grant {
    return this.grantWithKey(grantee, READ_KEY, ['dynamodb:GetItem', 'dynamodb:Scan']);
  }

  public grantRelease(grantee: IGrantable): Grant {
    return this.grantWithKey(grantee, USE_KEY, ['dynamodb:UpdateItem']);
  }

  public replica(region: string): IIdempotencyTable {
    if (region === this.env.region) return this;
    const made = this.replicas.get(region) ?? this.replicaIn(region);
    this.replicas.set(region, made);
    return made;
  }

  /**
   * The resource of the table; undefined where it is imported.
   *
   * @internal
   */
  public _resourceOfThisApp(): CfnGlobalTable | CfnTable | undefined {
    const resource = this._resource.node.defaultChild;
    return resource instanceof CfnGlobalTable || resource instanceof CfnTable ? resource : undefined;
  }

  /**
   * Whether there certainly is a replica in a region.
   *
   * @internal
   */
  public _hasReplica(region: string): boolean {
    return this.replicas.has(region) || this.declaredReplica(region) !== undefined;
  }

  private replicaIn(region: string): IIdempotencyTable {
    const id = `Replica-${region}`;
    if (this._resourceOfThisApp() !== undefined) {
      const replica = this.declaredReplica(region) ?? refuse({
        site: this,
        prop: 'replicas',
        problem: `has none in ${region}`,
        remedy: `Add { region: "${region}" } to the replicas of the table`,
      });
      return new ExistingTable(this, id, () => replica);
    }
    if (this.encryptionKey !== undefined) {
      refuse({
        site: this,
        prop: 'encryptionKey',
        problem: `is that of ${this.env.region}, and the one of the replica in ${region} is not known`,
        remedy: 'Import the replica by IdempotencyTable.fromTableAttributes() with its ARN and its key',
      });
    }
    const stack = Stack.of(this);
    const tableArn = stack.formatArn({ ...stack.splitArn(this.tableArn, ArnFormat.SLASH_RESOURCE_NAME), region });
    return new ExistingTable(this, id, (site) => TableV2.fromTableAttributes(site, 'Resource', { tableArn }));
  }

  private declaredReplica(region: string): ITableV2 | undefined {
    if (!(this._resource instanceof TableV2)) return undefined;
    // The CDK makes a construct for it at each call, which works once.
    const before = this._resource.node.tryFindChild(`ReplicaTable${region}`) as ITableV2 | undefined;
    if (before !== undefined) return before;
    try {
      return this._resource.replica(region);
    } catch {
      return undefined;
    }
  }

  private grantWithKey(grantee: IGrantable, keyActions: string[], actions: string[]): Grant {
    const onTable = this.grantOnTable(grantee, actions);
    return this.encryptionKey === undefined ? onTable : onTable.combine(grantKey(this.encryptionKey, 'dynamodb', grantee, keyActions));
  }

  /**
   * On the principal alone wherever that serves: the table's own policy, which
   * `ITableV2.grant` would write as well, would name the table and so wait for itself.
   */
  private grantOnTable(grantee: IGrantable, actions: string[]): Grant {
    const account = grantee.grantPrincipal.principalAccount;
    const isForeign = account !== undefined && Token.compareStrings(account, this.env.account) === TokenComparison.DIFFERENT;
    if (isForeign && this._resourceOfThisApp() !== undefined) return this.grantByPolicy(grantee, actions);
    const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: [this.tableArn] });
    if (!grant.success) return this.grantByPolicy(grantee, actions);
    // Roles sort their statements into policies at synth: only then is one without any told from the others.
    this.node.addValidation({
      validate: () => {
        if (Dependable.of(grant).dependencyRoots.length === 0) this.warnOfNothingGranted(grantee, actions);
        return [];
      },
    });
    return grant;
  }

  private grantByPolicy(grantee: IGrantable, actions: string[]): Grant {
    const grants = this._resource instanceof TableV2 ? this._resource.grants : TableGrants.fromTable(this._resource);
    return grants.actions(grantee, ...actions);
  }

  private warnOfNothingGranted(grantee: IGrantable, actions: string[]): void {
    const who = Construct.isConstruct(grantee) ? grantee.node.path : String(grantee.grantPrincipal);
    warn(this, 'nothingGranted', `nothing was granted to ${who}, `
      + `a role that this app may not change. Until somebody allows it ${actions.join(', ')} on the table, every request with a key is answered 503. `
      + 'Import the role without mutable: false, or add these actions where the role is made.');
  }
}

/**
 * A table that another construct, another stack or another account has made.
 *
 * @internal
 */
export class ExistingTable extends TableBase {
  public readonly tableName: string;
  public readonly tableArn: string;
  public readonly encryptionKey?: IKey;
  /** @internal */
  protected readonly _resource: ITableV2;

  /** @param resource makes or gives the table, below the construct where it makes one */
  constructor(scope: Construct, id: string, resource: (site: Construct) => ITableV2) {
    super(scope, id);
    this._resource = resource(this);
    this.tableName = this._resource.tableName;
    this.tableArn = this._resource.tableArn;
    this.encryptionKey = this._resource.encryptionKey;
  }
}

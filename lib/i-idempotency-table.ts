import { IResource } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';

/** A table of idempotency records. */
export interface IIdempotencyTable extends IResource {
  /**
   * Name of the table.
   *
   * @attribute
   */
  readonly tableName: string;

  /**
   * ARN of the table.
   *
   * @attribute
   */
  readonly tableArn: string;

  /** Customer-managed key of the table, where there is one. */
  readonly encryptionKey?: IKey;

  /**
   * What the runtime needs and nothing else: `dynamodb:UpdateItem`,
   * `dynamodb:GetItem`, and use of the customer-managed key.
   *
   * @param grantee the function, or whatever else runs the wrapper
   */
  grantUse(grantee: IGrantable): Grant;

  /**
   * What someone needs who asks what became of a key: `dynamodb:GetItem`,
   * `dynamodb:Scan`, and reading with the customer-managed key.
   *
   * @param grantee the principal to grant to
   */
  grantInspect(grantee: IGrantable): Grant;

  /**
   * What someone needs who releases a stuck key: `dynamodb:UpdateItem`, and use
   * of the customer-managed key.
   *
   * @param grantee the principal to grant to
   */
  grantRelease(grantee: IGrantable): Grant;

  /**
   * The replica in a region, for functions there. A table of this app knows its
   * replicas; of an imported one it is taken to exist.
   *
   * @param region the region, `eu-west-1` for one
   */
  replica(region: string): IIdempotencyTable;
}

import { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Where bodies of more than 16 KB go. Without it they lie in the table, each in an
 * item of its own, which DynamoDB limits to 400 KB.
 */
export class LargeResponses {
  /**
   * A bucket of the construct's own: no public access, TLS only, encrypted,
   * retained when it leaves the stack. Its objects are deleted a day after the
   * longest `ttl` of the construct and its routes.
   */
  public static newBucket(): LargeResponses {
    return new LargeResponses();
  }

  /**
   * A bucket of yours. Functions may get and put objects below `idempotency/`
   * in it; delete them no sooner than a day after the longest `ttl`.
   *
   * @param bucket the bucket
   */
  public static bucket(bucket: IBucket): LargeResponses {
    return new LargeResponses(bucket);
  }

  private constructor(private readonly existing?: IBucket) {}

  /** @internal */
  public _bucket(): IBucket | undefined {
    return this.existing;
  }
}

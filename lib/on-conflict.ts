import { Duration } from 'aws-cdk-lib';

/** What a request gets whose operation is still being executed. */
export class OnConflict {
  /** 409 with `Retry-After: 1`. */
  public static reject(): OnConflict {
    return new OnConflict();
  }

  /**
   * Wait for the execution and replay its response; 409 if it is still running then.
   *
   * @param upTo longest wait, in whole seconds; cut where the function's own time ends
   */
  public static wait(upTo: Duration): OnConflict {
    return new OnConflict(upTo);
  }

  private constructor(private readonly upTo?: Duration) {}

  /** @internal */
  public _longestWait(): Duration | undefined {
    return this.upTo;
  }
}

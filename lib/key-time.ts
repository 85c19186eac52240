import { WireKeyTime } from './contract';

/** Where the client's time of an operation's first sending comes from, so that one that may have been forgotten is never executed again. */
export class KeyTime {
  /** Nowhere: after its record is gone, a key names a new operation. */
  public static none(): KeyTime {
    return new KeyTime('none');
  }

  /** The key itself, a UUID of version 7 (RFC 9562). Other keys are 400 `IDEMPOTENCY_KEY_INVALID`. */
  public static uuidV7(): KeyTime {
    return new KeyTime('uuidv7');
  }

  /**
   * A request header with an HTTP date, the same on each retry; it is compared
   * like the body. A request without it is 400 `IDEMPOTENCY_KEY_INVALID`.
   *
   * @param name the header, `Repeatability-First-Sent` for one (OASIS Repeatable Requests)
   */
  public static header(name: string): KeyTime {
    return new KeyTime({ header: name });
  }

  private constructor(private readonly wire: WireKeyTime) {}

  /** @internal */
  public _render(): WireKeyTime {
    return this.wire;
  }
}

/** Whether recorded responses are encrypted. */
export class ResponseEncryption {
  /** By the table's own encryption alone. */
  public static none(): ResponseEncryption {
    return new ResponseEncryption('none');
  }

  /**
   * Headers and body with AES-256-GCM, under a key made of the client's own
   * idempotency key, its tenant and `keySecret`, which is required: neither the
   * table nor a backup of it shows a response, and nor does the secret alone.
   * The status and the length still show.
   */
  public static clientKey(): ResponseEncryption {
    return new ResponseEncryption('client-key');
  }

  private constructor(private readonly wire: 'none' | 'client-key') {}

  /** @internal */
  public _render(): 'none' | 'client-key' {
    return this.wire;
  }
}

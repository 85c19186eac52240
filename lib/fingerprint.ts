import { WireFingerprint } from './contract';

/** Which parts of a JSON body a fingerprint covers, as JSON Pointers (RFC 6901). */
export interface JsonPointerSelection {
  /**
   * Pointers to the values that count, `/amount` for one.
   *
   * @default - the whole body
   */
  readonly include?: string[];

  /**
   * Pointers to the values that do not count, `/sentAt` for one.
   *
   * @default - nothing is left out
   */
  readonly exclude?: string[];
}

/** What of a body is compared when `includeRequestHash` is on. */
export class Fingerprint {
  /** Every byte of the decoded body. */
  public static bytes(): Fingerprint {
    return new Fingerprint('bytes');
  }

  /**
   * The body's JSON in canonical form (RFC 8785), so that the order of members
   * and white space do not count. A body that is not JSON, whose JSON is
   * ambiguous, or that is longer than 1 MB is compared by its bytes.
   */
  public static json(): Fingerprint {
    return new Fingerprint('json');
  }

  /**
   * A selection of the body's JSON in canonical form. What `json()` compares by
   * its bytes is so here, as a whole.
   *
   * @param selection what to include or to leave out
   */
  public static jsonPointers(selection: JsonPointerSelection): Fingerprint {
    return new Fingerprint({
      ...(selection.include === undefined ? {} : { include: [...selection.include] }),
      ...(selection.exclude === undefined ? {} : { exclude: [...selection.exclude] }),
    });
  }

  private constructor(private readonly wire: WireFingerprint) {}

  /** @internal */
  public _render(): WireFingerprint {
    return this.wire;
  }
}

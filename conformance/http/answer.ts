/** An answer as it came. */
export interface Answer {
  readonly status: number;
  /** In the order and the case in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly version: string;
  /** Milliseconds of a monotonic clock: when its request was sent, and when it had arrived as a whole. */
  readonly sentAt: number;
  readonly arrivedAt: number;
}

/** A request as it goes out. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
}

/** The value of a header; several lines are joined as RFC 9110, section 5.3 allows. */
export function headerOf(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  const values = answer.headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** No answer came, and why. */
export class NoAnswer extends Error {
  public readonly code = 'CONFORMANCE_NO_ANSWER';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'NoAnswer';
  }
}

/** What the target does not speak. */
export class NotOffered extends Error {
  public readonly code = 'CONFORMANCE_NOT_OFFERED';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'NotOffered';
  }
}

export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  return error.message || String(code ?? error.name);
};

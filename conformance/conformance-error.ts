export type ConformanceErrorCode =
  /** The command line or an option is wrong. */
  | 'USAGE'
  /** The target cannot be tested: it does not answer, or not with a success. */
  | 'TARGET'
  /** A file cannot be read or written. */
  | 'FILE';

/** The suite cannot do what it was asked, told in one line. What a target does wrong is a result and no error. */
export class ConformanceError extends Error {
  public readonly code: ConformanceErrorCode;
  /** The exit status of the command: 2 for a wrong command line, else 3. */
  public readonly exitCode: number;

  public constructor(code: ConformanceErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ConformanceError';
    this.code = code;
    this.exitCode = code === 'USAGE' ? 2 : 3;
  }
}

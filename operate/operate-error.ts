export type OperateErrorCode =
  /** The command line is wrong. */
  | 'USAGE'
  /** The table cannot be reached, or not with these credentials. */
  | 'TABLE'
  /** No record has this id. */
  | 'RECORD_ABSENT'
  /** Of a newer format, or tampered with. */
  | 'RECORD_UNREADABLE'
  /** Nothing was released. */
  | 'NOT_RELEASED';

/** A command that cannot do what it was asked, told in one line. Everything else that is thrown is a bug of ours. */
export class OperateError extends Error {
  public readonly code: OperateErrorCode;
  /** The exit status of the command: 2 for a wrong command line, else 1. */
  public readonly exitCode: number;

  public constructor(code: OperateErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'OperateError';
    this.code = code;
    this.exitCode = code === 'USAGE' ? 2 : 1;
  }
}

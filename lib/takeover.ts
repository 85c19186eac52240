/** What happens to an operation whose execution outlived its lease or died. */
export enum Takeover {
  /** The next retry of the same request runs the handler again and is told so. */
  ALLOW = 'allow',

  /** Retries are answered 409 until the record expires: someone has to look. */
  NEVER = 'never',
}

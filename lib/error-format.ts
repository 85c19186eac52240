/** Shape of the error bodies that come from the wrapper. */
export enum ErrorFormat {
  /** `{"code", "message", "status"}`. */
  JSON = 'json',

  /** `application/problem+json` of RFC 9457, with `type` links. */
  PROBLEM = 'problem',
}

/** CORS, as far as the wrapper's own responses follow it. */
export interface CorsSettings {
  /** Origins whose pages may read the responses, `https://shop.example` for one; `*` for any. */
  readonly allowOrigins: string[];

  /**
   * Whether pages may send cookies and credentials. Browsers take no `*` with it.
   *
   * @default false
   */
  readonly allowCredentials?: boolean;
}

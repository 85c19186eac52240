/** Which responses are recorded and replayed; any other lets the next retry run the handler again. */
export class StoreResponse {
  /** Every response, success and error. */
  public static all(): StoreResponse {
    return new StoreResponse('all');
  }

  /** Every response but 408, 425, 429, 502, 503 and 504, which promise that a retry may fare better. */
  public static definitive(): StoreResponse {
    return new StoreResponse('definitive');
  }

  /**
   * Responses with these status codes.
   *
   * @param codes at least one code, each from 200 to 599
   */
  public static statuses(codes: number[]): StoreResponse {
    return new StoreResponse([...codes]);
  }

  private constructor(private readonly wire: 'all' | 'definitive' | number[]) {}

  /** @internal */
  public _render(): 'all' | 'definitive' | number[] {
    return this.wire;
  }
}

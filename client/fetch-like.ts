/**
 * `fetch` and its relatives by structure, so that the declarations need neither
 * the DOM's types nor Node's.
 */

/** What is asked of a response. Every `Response` has it. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: HeadersLike;
  clone(): { text(): Promise<string> };
}

export interface HeadersLike {
  get(name: string): string | null;
}

/** Whatever is called like `fetch` and answers like it. */
export type FetchLike = (input: never, init?: never) => Promise<ResponseLike>;

/** The same, as it is called. */
export type Send = (input: unknown, init?: object) => Promise<ResponseLike>;

/** The type of the global `fetch`, where the program that uses this has one. */
export type GlobalFetch = typeof globalThis extends { fetch: infer F extends FetchLike } ? F : FetchLike;

export interface Sent {
  readonly input: unknown;
  readonly method: string | undefined;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal;
}

export type Script = (sent: Sent, number: number) => Response | Promise<Response>;

/** A `fetch` that keeps what it is given, as bytes, and answers as the script says; `number` is that of the call, from 1. */
export function scriptedFetch(script: Script) {
  const sent: Sent[] = [];
  const fetchLike = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const request = new Request(input instanceof Request ? input.url : new URL(input, 'http://127.0.0.1'), {
      ...init,
      method: init.method ?? (input instanceof Request ? input.method : undefined),
    });
    sent.push({
      input,
      method: request.method,
      headers: new Headers(init.headers),
      bytes: new Uint8Array(await request.arrayBuffer()),
      signal: init.signal!,
    });
    return script(sent.at(-1)!, sent.length);
  };
  return { fetchLike, sent };
}

export const never = (): Promise<Response> => new Promise(() => {});

export const answer = (status: number, headers: Readonly<Record<string, string>> = {}, body: string | null = null): Response =>
  new Response(body, { status, headers });

/** As the wrapper answers while the first request is being executed. */
export const conflict = (headers: Readonly<Record<string, string>> = { 'Retry-After': '1' }): Response =>
  answer(409, headers, '{"code":"IDEMPOTENCY_CONFLICT","message":"A request with this idempotency key is already being processed","status":409}');

/** What a connection that is lost before any answer comes to. */
export function lost(): never {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
}

/** A 200 whose body breaks off in the middle. */
export const brokenOff = (): Response =>
  new Response(new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"half":'));
      controller.error(new TypeError('terminated'));
    },
  }));

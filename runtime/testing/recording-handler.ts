/** A handler that remembers its calls, so that a test can count what ran. */
export interface RecordingHandler<Result> {
  (event: unknown, context: unknown): Promise<Result>;
  /** Every call so far, in order. */
  readonly calls: readonly { readonly event: unknown; readonly context: unknown }[];
}

/**
 * @param respond makes the result of each call, from its number (1 for the
 *   first) and its event; what it throws the handler throws
 *
 * @example
 * const handler = recordingHandler((call) => ({ statusCode: 201, body: `payment ${call}` }));
 */
export function recordingHandler<Result>(
  respond: (call: number, event: unknown, context: unknown) => Result | Promise<Result>,
): RecordingHandler<Result> {
  const calls: { readonly event: unknown; readonly context: unknown }[] = [];
  const handler = async (event: unknown, context: unknown): Promise<Result> => {
    calls.push({ event, context });
    return respond(calls.length, event, context);
  };
  return Object.assign(handler, { calls });
}

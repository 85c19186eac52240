/** What `awslambda.streamifyResponse` leaves on a handler. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/** Whether a handler streams its response: there would be no result to record. */
export const isStreamingHandler = (handler: unknown): boolean =>
  typeof handler === 'function' && Reflect.get(handler, STREAMING) !== undefined;

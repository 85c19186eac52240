import type { IncomingMessage } from 'node:http';

/**
 * A request's whole body. What exceeds the limit is read and dropped, so that
 * the client gets to the answer; a client that hangs up while sending has not
 * made a request.
 */
export async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large' | 'aborted'> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
    }
  } catch {
    return 'aborted';
  }
  return length > maxBytes ? 'too-large' : Buffer.concat(chunks, length);
}

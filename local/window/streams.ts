import type { ServerResponse } from 'node:http';

/** Browsers open six connections to a host at the most; tests and curl come on top. */
const MAX_STREAMS = 32;

/** What a reader may lag behind by, in bytes: it is let go then, comes again, and starts anew. */
const MAX_LAG = 4 * 1024 * 1024;

/** Readers of server-sent events (HTML standard, section 9.2). */
export class Streams {
  private readonly open = new Set<ServerResponse>();
  private closed = false;

  get size(): number {
    return this.open.size;
  }

  /** Begins a stream with its first event; `false` where there are too many, or none any more. */
  add(outgoing: ServerResponse, headers: Readonly<Record<string, string>>, name: string, data: unknown): boolean {
    if (this.closed || this.open.size >= MAX_STREAMS) return false;
    this.open.add(outgoing);
    outgoing.once('close', () => this.open.delete(outgoing));
    outgoing.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    outgoing.write(`retry: 1000\n\n${eventText(name, data)}`);
    return true;
  }

  send(name: string, data: unknown): void {
    if (this.open.size === 0) return;
    const text = eventText(name, data);
    for (const outgoing of this.open) {
      outgoing.write(text);
      if (outgoing.writableLength > MAX_LAG) outgoing.destroy();
    }
  }

  /** Ends every stream and takes no more, so that a server can end. */
  close(): void {
    this.closed = true;
    for (const outgoing of this.open) outgoing.end();
  }
}

/** JSON has no line breaks of its own, which would end the event. */
const eventText = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

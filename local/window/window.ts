import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counters, History } from './history';
import { readPage } from './page';
import { isOfWindow, WINDOW_PATH } from './path';
import type { Records, StoredView } from './records';
import { isExecution, type RequestEntry } from './request-entry';
import { Streams } from './streams';
import { timelineOf, type TimelineEvent } from './timeline';
import type { ServedApi } from '../events';
import type { SideDoor, Target } from '../http/server';
import { reasonOf } from '../local-error';

/** Changes are told together, so that a storm of requests is not one of events. */
const TOLD_EVERY_MS = 50;

/** All that there is to see at once. */
export interface Snapshot {
  readonly apis: readonly ServedApi[];
  readonly counters: Counters;
  /** In the order of their arrival. */
  readonly requests: readonly RequestEntry[];
}

/** What has changed since. */
export type Changes = Pick<Snapshot, 'counters' | 'requests'>;

/** One record, and what is known to have happened to it. */
export interface Detail {
  readonly id: string;
  readonly timeline: readonly TimelineEvent[];
  readonly stored: StoredView | null;
  /** Why `stored` could not be read. */
  readonly problem: string | null;
}

/** Nothing here is for another page, another site or a cache. */
const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** A page at `/__idempotency` of each API that shows the latest requests, what happened to their keys, and what is on record. */
export class RequestWindow implements SideDoor {
  readonly leads = isOfWindow;
  private readonly page = readPage();
  private readonly streams = new Streams();
  private readonly changed = new Map<number, RequestEntry>();
  private readonly unsubscribe: () => void;
  private timer: NodeJS.Timeout | undefined;
  private apis: readonly ServedApi[] = [];
  private records: Records | undefined;
  private closed = false;

  constructor(private readonly history: History) {
    this.unsubscribe = history.subscribe((entry) => {
      this.tell(entry);
      if (isExecution(entry) && entry.toldAt !== null && entry.record === null) void this.summarize(entry);
    });
  }

  /** What is served is known once everything has started. */
  show(apis: readonly ServedApi[], records: Records | undefined): void {
    this.apis = apis;
    this.records = records;
  }

  /** Ends what would keep a server from ending. */
  close(): void {
    this.closed = true;
    this.unsubscribe();
    clearTimeout(this.timer);
    this.streams.close();
  }

  respond(target: Target, incoming: IncomingMessage, outgoing: ServerResponse): void {
    void this.route(target, incoming, outgoing).catch(() => outgoing.destroy());
  }

  private async route({ path, query }: Target, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A name that an attacker lets point to 127.0.0.1 is no name of this server: DNS rebinding.
    if (!isOwnHost(incoming)) return this.text(outgoing, 403, 'This page is served to 127.0.0.1 and localhost alone.\n');
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return this.text(outgoing, 405, 'GET or HEAD\n', { allow: 'GET, HEAD' });
    const id = new URLSearchParams(query).get('id');
    switch (path.slice(WINDOW_PATH.length)) {
      case '':
      case '/':
        return this.end(outgoing, 200, this.page.headers, this.page.html);
      case '/data':
        return this.end(outgoing, 200, { 'content-type': 'application/json' }, JSON.stringify(id === null ? this.snapshot() : await this.detail(id)));
      case '/events':
        if (incoming.method === 'HEAD') return this.end(outgoing, 200, { 'content-type': 'text/event-stream' }, '');
        if (!this.streams.add(outgoing, HEADERS, 'snapshot', this.snapshot())) this.text(outgoing, 503, 'too many readers\n');
        return;
      default:
        return this.text(outgoing, 404, `There is ${WINDOW_PATH}, ${WINDOW_PATH}/data and ${WINDOW_PATH}/events.\n`);
    }
  }

  private snapshot(): Snapshot {
    return { apis: this.apis, counters: this.history.counters, requests: this.history.entries };
  }

  private async detail(id: string): Promise<Detail> {
    const read = await this.read(id);
    return { id, timeline: timelineOf(this.history.ofRecord(id), read.stored), ...read };
  }

  private async read(id: string): Promise<Pick<Detail, 'stored' | 'problem'>> {
    try {
      return { stored: await this.records?.find(id) ?? null, problem: null };
    } catch (error) {
      return { stored: null, problem: reasonOf(error) };
    }
  }

  /** What an execution has left on record is seen now or never: the record may be claimed again, or be swept. */
  private async summarize({ number, id }: RequestEntry): Promise<void> {
    const { stored } = await this.read(id!);
    if (!stored || 'unreadable' in stored) return;
    const { status, attempt, claimedAt, expiresAt } = stored;
    this.history.recorded(number, { status, attempt, claimedAt, expiresAt });
  }

  private tell(entry: RequestEntry): void {
    if (this.streams.size === 0) return;
    this.changed.set(entry.number, entry);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const requests = [...this.changed.values()].sort((one, other) => one.number - other.number);
      this.changed.clear();
      this.streams.send('changes', { counters: this.history.counters, requests } satisfies Changes);
    }, TOLD_EVERY_MS);
  }

  private text(outgoing: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    this.end(outgoing, status, { ...headers, 'content-type': 'text/plain; charset=utf-8' }, text);
  }

  private end(outgoing: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string): void {
    outgoing.writeHead(status, { ...HEADERS, ...headers, 'content-length': Buffer.byteLength(body), ...(this.closed ? { connection: 'close' } : {}) });
    outgoing.end(body);
  }
}

function isOwnHost({ headers: { host = '' }, socket: { localPort } }: IncomingMessage): boolean {
  const own = ['127.0.0.1', 'localhost'].flatMap((name) => [`${name}:${localPort}`, ...(localPort === 80 ? [name] : [])]);
  return own.includes(host.toLowerCase());
}

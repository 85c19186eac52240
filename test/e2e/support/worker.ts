import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { killOnExit } from './kill-on-exit';
import type { Place } from './place';
import { CREDENTIALS } from '../../support/dynamodb';

/** Where an invocation can be told to wait. */
export const STAGES = [
  'before claim', 'claim sent', 'after claim', 'in handler', 'before completion', 'completion sent', 'after completion', 'before the answer',
] as const;

export type Stage = typeof STAGES[number];

export interface Invocation {
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly order: string };
  readonly pauseAt?: Stage;
  /** Of the function's time; without it there is no end to it. */
  readonly remainingMs?: number;
}

/** What an invocation came to; `lost` where its process was gone before. */
export type Reply =
  | { readonly kind: 'answered'; readonly status: number; readonly body: any; readonly replayed: boolean; readonly persisted: boolean }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'lost' };

export interface Logged {
  readonly outcome: string;
  readonly id?: string;
  readonly attempt?: number;
  readonly requestId: string;
}

interface Message {
  readonly ready?: true;
  readonly number?: number;
  readonly stage?: string;
  readonly logged?: Logged;
  readonly error?: string;
  readonly result?: { readonly statusCode: number; readonly headers?: Record<string, string>; readonly body: string };
}

export interface Running {
  readonly reply: Promise<Reply>;
  /** `true` once the invocation waits there, `false` where it ends without. */
  reached(stage: Stage | 'signal'): Promise<boolean>;
  proceed(): void;
}

/** A process of `fixtures/worker.mjs`. */
export class Worker {
  readonly logged: Logged[] = [];
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly heard = new Set<(message: Message) => void>();
  private readonly ready: Promise<void>;
  private next = 1;

  constructor(place: Place, settings: { readonly endpoint: string; readonly table: string; readonly options: object }) {
    this.child = fork(path.join(__dirname, '../fixtures/worker.mjs'), {
      execArgv: [],
      env: {
        ...process.env,
        ...place.environment,
        NODE_OPTIONS: '',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL_DYNAMODB: settings.endpoint,
        TABLE: settings.table,
        OPTIONS: JSON.stringify(settings.options),
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message: Message) => {
      if (message.logged !== undefined) this.logged.push(message.logged);
      for (const listener of [...this.heard]) listener(message);
    });
    this.exited = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.ready = this.hear((message) => message.ready).then(() => undefined);
    killOnExit(this.child);
  }

  invoke(invocation: Invocation): Running {
    const number = this.next++;
    const ended = this.hear((message) => (message.number === number && (message.result ?? message.error) !== undefined ? message : undefined));
    void this.ready.then(() => this.order({ number, ...invocation }));
    const reply = Promise.race([ended.then(replyOf), this.exited.then(() => ({ kind: 'lost' }) as const)]);
    return {
      reply,
      reached: (stage) => Promise.race([
        this.hear((message) => (message.number === number && message.stage === stage) || undefined),
        reply.then(() => false),
      ]),
      proceed: () => this.order({ proceed: number }),
    };
  }

  /** As when a sandbox is frozen: the process makes no step until `resume`. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** SIGKILL: nothing in the process hears of it. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** A dead process hears nothing, and an order to it is no error of the test's. */
  private order(message: object): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private hear<T>(find: (message: Message) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const listener = (message: Message): void => {
        const found = find(message);
        if (found === undefined) return;
        this.heard.delete(listener);
        resolve(found);
      };
      this.heard.add(listener);
    });
  }
}

function replyOf({ result, error }: Message): Reply {
  if (result === undefined) return { kind: 'failed', error: error! };
  const { statusCode, headers = {}, body } = result;
  return {
    kind: 'answered',
    status: statusCode,
    body: JSON.parse(body) as unknown,
    replayed: headers['X-Idempotent-Replay'] === 'true',
    persisted: headers['X-Idempotent-Persisted'] !== 'false',
  };
}

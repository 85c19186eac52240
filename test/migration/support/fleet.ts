import { randomUUID } from 'node:crypto';

export type Answer = { readonly status: number; readonly effect?: string };

/** Answers a request with a key, as one version of the service does. */
export type Host = (key: string, effect: () => Promise<string>) => Promise<Answer>;

export interface Tally {
  operations: number;
  requests: number;
  phaseChanges: number;
  effects: number;
  /** Effects beyond the first of an operation. */
  duplicates: number;
  /** Answers other than the operation's first. */
  lostReplays: number;
}

interface Operation {
  readonly key: string;
  effects: number;
  /** The effect that the first answer named. */
  answered?: string;
}

const HOSTS = 6;
const WORKERS = 8;

/**
 * Hosts of a service behind a load balancer, of one version or of two while a
 * deployment rolls, and clients that send each operation several times: after a
 * lost answer, after an answer, and, where `atOnce`, while it is being executed.
 */
export class Fleet {
  readonly tally: Tally = { operations: 0, requests: 0, phaseChanges: 0, effects: 0, duplicates: 0, lostReplays: 0 };
  private readonly hosts: Host[];
  private operations: Operation[] = [];
  private readonly busy = new Set<Operation>();

  constructor(version: Host, private readonly atOnce: boolean, private readonly random: () => number) {
    this.hosts = Array.from({ length: HOSTS }, () => version);
  }

  /** Operations, new ones and retries of those that are remembered, by several clients. */
  async traffic(rounds: number): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, async () => {
      for (let round = 0; round < rounds; round++) await this.operate(this.next());
    }));
  }

  /** Replaces one host after the other, under traffic. */
  async roll(version: Host): Promise<void> {
    this.tally.phaseChanges++;
    for (let index = 0; index < HOSTS; index++) {
      const under = this.traffic(4);
      this.hosts[index] = version;
      await under;
    }
  }

  /** A retention has passed: nobody retries what was before. */
  forget(): void {
    this.operations = [];
  }

  private next(): Operation {
    const known = this.operations[Math.floor(this.random() * this.operations.length)];
    if (known !== undefined && this.random() < 0.5) return known;
    const operation: Operation = { key: randomUUID(), effects: 0 };
    this.tally.operations++;
    this.operations.push(operation);
    return operation;
  }

  private async operate(operation: Operation): Promise<void> {
    // An operation that another client is at belongs to it, where duplicates come one after the other.
    if (!this.atOnce && this.busy.has(operation)) return;
    this.busy.add(operation);
    const sends = this.atOnce ? 1 + Math.floor(this.random() * 3) : 1;
    await Promise.all(Array.from({ length: sends }, () => this.send(operation)));
    this.busy.delete(operation);
  }

  /** Sends until there is an answer: a 409 says that it can be had in a moment, a 503 that a busy store did not say so in time. */
  private async send(operation: Operation): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.tally.requests++;
      const host = this.hosts[Math.floor(this.random() * HOSTS)]!;
      const { status, effect } = await host(operation.key, () => this.execute(operation));
      if (status === 201) {
        operation.answered ??= effect;
        if (effect !== operation.answered) this.tally.lostReplays++;
        return;
      }
      if (![409, 503].includes(status) || attempt === 1_000) throw new Error(`${operation.key} is answered ${status} the ${attempt}th time.`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  private async execute(operation: Operation): Promise<string> {
    operation.effects++;
    this.tally.effects++;
    if (operation.effects > 1) this.tally.duplicates++;
    for (let step = this.random() * 4; step > 0; step--) await new Promise((resolve) => setImmediate(resolve));
    return `${operation.key} ${operation.effects}`;
  }
}

import { randomUUID } from 'node:crypto';

/** What a server must not get wrong, each of them wrong once. */
export type Flaw =
  /** Looks whether a key is there, and only then writes it. */
  | 'claim-not-atomic'
  /** Whoever completes last wins. */
  | 'unfenced-completion'
  /** Server errors, of dead processes too, are results without an end. */
  | 'errors-kept';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Lifetimes {
  readonly ttlMs: number;
  readonly leaseMs: number;
  /** How long a key is known after its answer is gone. */
  readonly rememberMs: number;
}

interface Record_ {
  readonly fingerprint: string;
  readonly token: string;
  readonly leaseEnd: number;
  readonly answer?: Answer;
  readonly answerEnd: number;
  readonly keyEnd: number;
}

export type Claim =
  | { readonly kind: 'mine'; readonly token: string }
  | { readonly kind: 'mismatch' | 'in flight' | 'expired' }
  | { readonly kind: 'completed'; readonly answer: Answer };

/** What arrives at the same time has looked by then, however busy this machine is: turns of the loop, and not only time. */
async function othersLookToo(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Records of keys in memory. Every method reads and writes without a pause between, but where a flaw says otherwise. */
export class Records {
  private readonly records = new Map<string, Record_>();

  public constructor(private readonly flaw?: Flaw) {}

  public async claim(id: string, fingerprint: string, { ttlMs, leaseMs, rememberMs }: Lifetimes): Promise<Claim> {
    const verdict = this.verdict(id, fingerprint);
    if (verdict !== undefined) return verdict;
    if (this.flaw === 'claim-not-atomic') await othersLookToo();
    const token = randomUUID();
    const leaseEnd = Date.now() + leaseMs;
    this.records.set(id, { fingerprint, token, leaseEnd, answerEnd: leaseEnd + ttlMs, keyEnd: leaseEnd + ttlMs + rememberMs });
    return { kind: 'mine', token };
  }

  private verdict(id: string, fingerprint: string): Exclude<Claim, { kind: 'mine' }> | undefined {
    const record = this.records.get(id);
    if (record === undefined || record.keyEnd < Date.now()) return undefined;
    if (record.fingerprint !== fingerprint) return { kind: 'mismatch' };
    if (record.answer === undefined) return record.leaseEnd < Date.now() ? undefined : { kind: 'in flight' };
    return record.answerEnd < Date.now() ? { kind: 'expired' } : { kind: 'completed', answer: record.answer };
  }

  /** What the caller is to be told: its own answer, or that of whoever took over. */
  public complete(id: string, token: string, answer: Answer, { ttlMs, rememberMs }: Lifetimes): Answer | undefined {
    const record = this.records.get(id);
    if (record === undefined) return answer;
    if (record.token !== token && this.flaw !== 'unfenced-completion') return record.answer;
    const answerEnd = Date.now() + (this.flaw === 'errors-kept' && answer.status >= 500 ? Infinity : ttlMs);
    this.records.set(id, { ...record, answer, answerEnd, keyEnd: answerEnd + rememberMs });
    return answer;
  }

  /** The process that ran it died: what it did is not known. */
  public died(id: string, token: string, answer: Answer, lifetimes: Lifetimes): void {
    if (this.flaw === 'errors-kept') this.complete(id, token, answer, lifetimes);
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { times, send, type Answer } from './http';
import { KillableLocal } from './killable-local';
import { trendsOf, type Trend, type Vitals } from './vitals';

export interface SoakRun {
  /** `Clean`, a function under the layer, or `Leaking`, where each request leaves something behind. */
  readonly stack: 'Clean' | 'Leaking';
  readonly clients: number;
  /** Whether to go on, asked before each payment. */
  readonly goOn: (requests: number) => boolean;
}

export interface SoakFindings {
  readonly requests: number;
  /** Answers by what they were. */
  readonly answers: Readonly<Record<string, number>>;
  /** Those that the protocol does not give to this load. */
  readonly unexplained: readonly string[];
  /** Lines of the log. */
  readonly storeErrors: readonly string[];
  readonly sandboxes: readonly Trend[];
}

/** Payments, each sent twice at once and then once more, until it is enough; nothing is killed. */
export async function soak({ stack, clients, goOn }: SoakRun): Promise<SoakFindings> {
  const local = await KillableLocal.open('soak', stack);
  try {
    const answers: Record<string, number> = {};
    const unexplained: string[] = [];
    let requests = 0;
    let payments = 0;
    const pay = async (key: string): Promise<Answer | undefined> => {
      requests++;
      return send(`${local.url}/payments`, { key, body: { key } }).catch(() => undefined);
    };
    const judge = (answer: Answer | undefined, expected: readonly string[]): void => {
      const what = answer === undefined ? 'no answer' : `${answer.status}${answer.replayed ? ' replayed' : ''}`;
      answers[what] = (answers[what] ?? 0) + 1;
      if (!expected.includes(what)) unexplained.push(`${what} ${answer?.code ?? ''}`.trim());
    };
    await times(clients, async () => {
      while (goOn(requests)) {
        const key = `payment-${payments++}`;
        const both = await times(2, () => pay(key));
        both.forEach((answer) => judge(answer, ['201', '201 replayed', '409']));
        if (both.filter((answer) => answer?.status === 201 && !answer.replayed).length !== 1) unexplained.push('not executed once');
        judge(await pay(key), ['201 replayed']);
      }
    });
    const file = local.place.vitals;
    const vitals = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as Vitals) : [];
    return { requests, answers, unexplained, storeErrors: local.storeErrors, sandboxes: trendsOf(vitals) };
  } finally {
    await local.close();
  }
}

import { send, type Answer } from './http';
import { KillableLocal, pause, type Victim } from './killable-local';
import { isLinearizable, type Operation } from './linearizable';
import type { Execution } from './place';
import { RESPONSE_REGISTER, type Seen } from './response-register';

export interface HistoriesRun {
  /** `Conditional`, the store as it is, or `Unconditional`, which completes whatever the record says. */
  readonly stack: 'Conditional' | 'Unconditional';
  readonly keys: number;
  /** `kill -9`s, of a sandbox, the front or the database, each at a random moment. */
  readonly kills: number;
  /** Keys that are used at the same time, each by three clients. */
  readonly atOnce: number;
  readonly random: () => number;
}

export interface HistoriesFindings {
  readonly kills: Readonly<Record<Victim, number>>;
  readonly requests: number;
  /** Requests without an answer, or with one that leaves open what came of them. */
  readonly unknown: number;
  /** Keys with more than one execution. */
  readonly executedAgain: number;
  /** What is wrong with which key; nothing, where every key's history is linearizable. */
  readonly violations: readonly string[];
}

const CLIENTS = 3;

/** A request as its client saw it; the response that it may have brought about is named after it. */
interface Request extends Operation<Seen> {
  /** Epoch milliseconds. */
  readonly answeredAt: number;
}

/**
 * Three clients ask for each key until they have its response, some of them
 * once more, while what serves them is killed; then each key's history is judged.
 */
export async function historiesUnderKills({ stack, keys, kills, atOnce, random }: HistoriesRun): Promise<HistoriesFindings> {
  const local = await KillableLocal.open('responses', stack);
  try {
    const histories = Array.from({ length: keys }, (): Request[] => []);
    let events = 0;
    let done = 0;
    const ask = async (key: number): Promise<Seen> => {
      const began = events++;
      const answer = await send(`${local.url}/responses`, {
        key: `key-${key}`, headers: { 'x-request': `request-${began}`, 'x-slow': String(key % 4 === 0) }, body: { key },
      }).catch(() => undefined);
      const what = seen(answer, `request-${began}`);
      histories[key]!.push({ what, began, ended: what.kind === 'unknown' ? undefined : events++, answeredAt: Date.now() });
      return what;
    };
    const client = async (key: number, once: number): Promise<void> => {
      for (let left = once; left > 0;) {
        const { kind } = await ask(key);
        if (kind === 'executed' || kind === 'replayed') left--;
        else await pause(100);
      }
    };
    const queue = [...histories.keys()];
    const worker = async (): Promise<void> => {
      for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
        // The slowest execution may outlast them all; whoever asks last sees what is on record in the end.
        await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(key, index + 1)));
        done++;
      }
    };
    const victims = local.kill(kills, random, () => done / keys);
    await Promise.all(Array.from({ length: atOnce }, worker));
    const killed = await victims;
    const executions = local.place.everyExecution();
    return {
      kills: killed,
      requests: histories.flat().length,
      unknown: histories.flat().filter(({ ended }) => ended === undefined).length,
      executedAgain: histories.filter((_, key) => (executions.get(`key-${key}`) ?? []).length > 1).length,
      violations: histories.flatMap((history, key) => problemsOf(history, executions.get(`key-${key}`) ?? []).map((problem) => `key-${key}: ${problem}`)),
    };
  } finally {
    await local.close();
  }
}

function problemsOf(history: readonly Request[], executions: readonly Execution[]): readonly string[] {
  const firstAnswer = Math.min(...history.filter(({ what: { kind } }) => kind === 'executed' || kind === 'replayed').map(({ answeredAt }) => answeredAt));
  return [
    ...(isLinearizable(history, RESPONSE_REGISTER) ? [] : ['not linearizable']),
    ...(new Set(executions.map(({ run }) => run)).size < executions.length ? ['one request executed twice'] : []),
    ...(executions.some(({ began }) => began! > firstAnswer) ? ['executed after the answer'] : []),
  ];
}

/** Answers that leave open whether there was an execution, and whether there will be its response. */
const OPEN = [500, 502, 503, 504];

function seen(answer: Answer | undefined, request: string): Seen {
  if (answer === undefined || OPEN.includes(answer.status)) return { kind: 'unknown', value: request };
  if (answer.status === 409) return { kind: 'undecided' };
  if (answer.status !== 201) throw new Error(`unexplained: ${answer.status} ${answer.body}`);
  const { request: value } = JSON.parse(answer.body) as { readonly request: string };
  if (answer.replayed) return { kind: 'replayed', value };
  // What could not be recorded is a response all the same, and may come to be on record later.
  return { kind: answer.headers['x-idempotent-persisted'] === 'false' ? 'unknown' : 'executed', value };
}

import type { Execution } from './place';
import type { Reply } from './worker';

/** One request as its client saw it. */
export interface Request {
  readonly key: string;
  /** Places in one order of all beginnings and ends, as the clients saw them. */
  readonly began: number;
  readonly ended: number;
  readonly reply: Reply;
}

/** Requests as they come and go. */
export class History {
  readonly requests: Request[] = [];
  private events = 0;

  async record(key: string, invoke: () => Promise<Reply>): Promise<Reply> {
    const began = this.events++;
    const reply = await invoke();
    this.requests.push({ key, began, ended: this.events++, reply });
    return reply;
  }

  of(key: string): readonly Request[] {
    return this.requests.filter((request) => request.key === key);
  }
}

type Answered = Extract<Reply, { kind: 'answered' }>;

const hasStatus = (reply: Reply, status: number): reply is Answered => reply.kind === 'answered' && reply.status === status;

/** A response of the operation, and one that claims to be on record. */
const isAuthoritative = (reply: Reply): reply is Answered => hasStatus(reply, 201) && reply.persisted;

/**
 * What is wrong with the requests and executions of one key, if anything: a
 * key is a register that is written once. After the first answer every other
 * is the same, or says that the record is out of reach, and nothing is executed
 * any more; executions beyond the first are told what they are.
 */
export function violations(requests: readonly Request[], executions: readonly Execution[]): readonly string[] {
  const authoritative = requests.filter(({ reply }) => isAuthoritative(reply)) as readonly (Request & { readonly reply: Answered })[];
  const runs = new Set(authoritative.map(({ reply }) => reply.body.run as string));
  const firstEnd = Math.min(...authoritative.map(({ ended }) => ended));
  const after = requests.filter(({ began }) => began > firstEnd);
  const found = (is: boolean, problem: string): readonly string[] => (is ? [problem] : []);
  return [
    ...found(runs.size > 1, 'two answers'),
    ...found([...runs].some((run) => executions.every((execution) => execution.run !== run)), 'an answer of no execution'),
    ...found(after.some(({ reply }) => hasStatus(reply, 409) || hasStatus(reply, 422)), 'refused after the answer'),
    ...found(after.some(({ reply }) => hasStatus(reply, 201) && !reply.replayed), 'executed after the answer'),
    ...found(authoritative.filter(({ reply }) => !reply.replayed).length > 1, 'two first answers'),
    ...found(executions.slice(1).some(({ isTakeover }) => !isTakeover), 'a second execution that was not told'),
    ...found(executions.slice(1).some(({ began }, index) => began! < executions[index]!.leaseEnd!), 'an execution within the lease of another'),
    ...found(new Set(executions.map(({ attempt }) => attempt)).size < executions.length, 'two executions of one attempt'),
    ...found(new Set(executions.map(({ derivedKey }) => derivedKey)).size > 1, 'two derived keys'),
  ];
}

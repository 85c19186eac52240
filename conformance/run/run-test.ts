import { ConformanceError } from '../conformance-error';
import type { TestDefinition } from '../definition';
import type { Exchange } from './exchange';
import { lacks } from './needs';
import { Ended, type Outcome } from './outcome';
import { perform } from './perform';
import type { Subject } from './subject';
import { NoAnswer, reasonOf } from '../http/answer';

export interface TestRun {
  readonly outcome: Outcome;
  /** In the order in which the answers came. */
  readonly exchanges: readonly Exchange[];
}

/** Puts one test to a target. Rejects only where the effects endpoint is lost, or by a bug of ours. */
export async function runTest(definition: TestDefinition, subject: Subject): Promise<TestRun> {
  const reason = lacks(definition, subject);
  if (reason !== undefined) return { outcome: ['not applicable', reason], exchanges: [] };
  const exchanges: Exchange[] = [];
  try {
    await perform(definition, subject, (each) => exchanges.push(each));
    return { outcome: true, exchanges };
  } catch (error) {
    if (error instanceof Ended) return { outcome: error.outcome, exchanges };
    if (error instanceof NoAnswer) return { outcome: [isUnreachable(error) ? 'set-up' : 'fails', reasonOf(error)], exchanges };
    if (error instanceof ConformanceError) return { outcome: ['set-up', error.message], exchanges };
    throw error;
  }
}

/** Nobody was there to keep a rule or to break it. */
const isUnreachable = ({ cause }: NoAnswer): boolean =>
  ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes((cause as { readonly code?: string } | undefined)?.code ?? '');

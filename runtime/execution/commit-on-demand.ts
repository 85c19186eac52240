import type { Call } from './call';
import type { Committer, Settled } from './commit';
import type { IdempotentExecution } from './in-handler';
import type { HandlerOutcome } from './run-handler';
import type { Ownership, Ports } from '../protocol/acquire';

export interface CommitOnDemand {
  readonly commit: IdempotentExecution['commit'];
  /** What a commit came to, once the handler has ended; undefined where there was none. */
  settled(ran: HandlerOutcome): Promise<Settled | undefined>;
}

/** Few handlers commit: what it takes is loaded when one does, in the layer from a file of its own. */
export function commitOnDemand(call: Call, ownership: Ownership, ports: Ports): CommitOnDemand {
  let made: Committer | undefined;
  let ended: HandlerOutcome | undefined;
  const committer = async (): Promise<Committer> => {
    if (made === undefined) {
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      const commits = require('./commit') as typeof import('./commit');
      made = new commits.Committer(call, ownership, ports);
      // A first commit that comes too late finds it closed.
      if (ended !== undefined) await made.settled(ended);
    }
    return made;
  };
  return {
    commit: async (response, effects) => (await committer()).commit(response, effects),
    async settled(ran) {
      ended = ran;
      return made?.settled(ran);
    },
  };
}

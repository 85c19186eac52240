import { createHash } from 'node:crypto';
import type { Reporter } from './events';
import type { Answered, Observer } from './http/server';
import { errorCodeOf, outcomeOfExchange, type OutcomeLog } from './outcome';
import type { Plan } from './plan';
import type { History } from './window/history';

/** Tells the reporter and the window of an API's requests. */
export function observerOf(api: string, to: {
  /** As it is now. */
  readonly plan: () => Plan; readonly outcomes: OutcomeLog; readonly history: History; readonly reporter: Reporter;
}): Observer {
  return {
    arrived: (request) => {
      const key = keyOf(request, keyHeadersOf(to.plan()));
      const { id: requestId, method, path } = request;
      to.history.arrived({ requestId, api, method, path, key, sender: senderOf(api, request, key) });
    },
    answered: ({ request, exchange, ms }) => {
      const { id: requestId, method, path } = request;
      const { outcome, id } = to.outcomes.take(requestId)
        ?? { outcome: outcomeOfExchange(exchange, keyOf(request, keyHeadersOf(to.plan())) !== null), id: null };
      const { status } = exchange.response;
      to.reporter.request({ api, method, path, status, outcome, id, ms });
      const ended = exchange.invocation?.result ?? 'gateway';
      to.history.answered(requestId, { outcome, status, code: errorCodeOf(exchange.response) ?? null, ended });
    },
  };
}

const keyHeadersOf = ({ functions }: Plan): ReadonlySet<string> => new Set(functions.planned.flatMap(({ keyHeaders }) => keyHeaders));

const keyOf = ({ headers }: Answered['request'], names: ReadonlySet<string>): string | null =>
  headers.find(([name]) => names.has(name.toLowerCase()))?.[1] ?? null;

/** A tenant is read from what a caller proves itself with; hashed, so that it is not kept. */
function senderOf(api: string, { method, path, headers }: Answered['request'], key: string | null): string {
  const proof = headers.filter(([name]) => PROOFS.has(name.toLowerCase())).map(([, value]) => value);
  const bare = key?.trim().replace(/^"(.*)"$/, '$1');
  return createHash('sha256').update(JSON.stringify([api, method, path, bare, proof])).digest('base64');
}

const PROOFS = new Set(['authorization', 'cookie', 'x-api-key']);

import type { JudgedRoute } from '../lib/private/protection/routes';

type State = JudgedRoute['state'];

/** One route, as people and programs read it. */
export interface AuditedRoute {
  /** Construct path, `Shop/Payments`. */
  readonly api: string;
  readonly method: string;
  readonly path: string;
  /** Construct path of the function, alias or version that is called; null where it is none of the assembly. */
  readonly function: string | null;
  readonly protection: State;
  readonly reason: string;
}

/** What an audit found. */
export interface AuditReport {
  readonly routes: readonly AuditedRoute[];
  /** How many routes there are of each state. */
  readonly counts: Readonly<Record<State, number>>;
  /** What the templates do not show, a line for each. */
  readonly unseen: readonly string[];
}

const STATES = ['protected', 'exempt', 'unprotected'] as const;
const HEAD: AuditedRoute = { api: 'API', method: 'METHOD', path: 'PATH', function: 'FUNCTION', protection: 'PROTECTION' as State, reason: 'WHY' };
const COLUMNS = ['api', 'method', 'path', 'function', 'protection', 'reason'] as const;

export function reportOf(judged: readonly JudgedRoute[], unseen: readonly string[]): AuditReport {
  const routes = judged
    .map(({ api, method, path, invoked, state, reason }): AuditedRoute =>
      ({ api: api.path, method, path, function: invoked?.path ?? null, protection: state, reason }))
    .sort((a, b) => order(a.api, b.api) || order(a.path, b.path) || order(a.method, b.method));
  const count = (state: State): number => routes.filter(({ protection }) => protection === state).length;
  return { routes, counts: { protected: count('protected'), exempt: count('exempt'), unprotected: count('unprotected') }, unseen };
}

/** The same on every machine, whatever its language. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A table, and a line that sums it up. */
export function tableOf({ routes, counts }: AuditReport): readonly string[] {
  if (routes.length === 0) return ['no API in the assembly has a route'];
  const cells = [HEAD, ...routes].map((route) => COLUMNS.map((column) => route[column] ?? '-'));
  const widths = COLUMNS.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)));
  const lines = cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ').trimEnd());
  return [...lines, '', `${routes.length} route${routes.length === 1 ? '' : 's'}: ${STATES.map((state) => `${counts[state]} ${state}`).join(', ')}`];
}

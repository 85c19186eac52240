/** A route of an HTTP API: its key, `METHOD /path` or `$default`, and what it leads to. */
export interface HttpRoute<T> {
  readonly key: string;
  readonly target: T;
}

export interface RouteMatch<T> {
  readonly route: HttpRoute<T>;
  /** By variable name; empty where the route has none. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * The route that an HTTP API selects: the most specific match, static segments
 * before `{variable}` before `{greedy+}`, the request's own method before
 * `ANY`, and `$default` when nothing else matches.
 */
export function matchRoute<T>(routes: readonly HttpRoute<T>[], method: string, path: string): RouteMatch<T> | undefined {
  const candidates = routes
    .filter(({ key }) => key !== '$default')
    .map((route) => ({ route, rank: rankOf(route.key, method, path) }))
    .filter((candidate): candidate is { route: HttpRoute<T>; rank: readonly number[] } => candidate.rank !== undefined)
    .sort((left, right) => compareRanks(left.rank, right.rank));
  const best = candidates[0]?.route ?? routes.find(({ key }) => key === '$default');
  return best && { route: best, pathParameters: parametersOf(best.key, path) };
}

const STATIC = 0;
const VARIABLE = 1;
const GREEDY = 2;

/** Lower is more specific: one number per segment, then one for the method. `undefined`: no match. */
function rankOf(key: string, method: string, path: string): readonly number[] | undefined {
  const [routeMethod, routePath = ''] = key.split(' ', 2);
  if (routeMethod !== method && routeMethod !== 'ANY') return undefined;
  const wanted = segments(routePath);
  const given = segments(path);
  const rank: number[] = [];
  for (const [index, segment] of wanted.entries()) {
    if (isGreedy(segment)) {
      if (given.length <= index || (given.length === index + 1 && given[index] === '')) return undefined;
      return [...rank, GREEDY, routeMethod === 'ANY' ? 1 : 0];
    }
    if (index >= given.length) return undefined;
    if (isVariable(segment)) {
      if (given[index] === '') return undefined;
      rank.push(VARIABLE);
    } else {
      if (segment !== given[index]) return undefined;
      rank.push(STATIC);
    }
  }
  return given.length === wanted.length ? [...rank, routeMethod === 'ANY' ? 1 : 0] : undefined;
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  const differing = left.findIndex((rank, index) => rank !== right[index]);
  return differing < 0 ? 0 : left[differing]! - (right[differing] ?? 0);
}

function parametersOf(key: string, path: string): Readonly<Record<string, string>> {
  const [, routePath = ''] = key.split(' ', 2);
  const given = segments(path);
  const pairs = segments(routePath).flatMap((segment, index) => {
    if (isGreedy(segment)) return [[segment.slice(1, -2), given.slice(index).join('/')]];
    return isVariable(segment) ? [[segment.slice(1, -1), given[index] ?? '']] : [];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

const segments = (path: string) => path.split('/').slice(1);
const isVariable = (segment: string) => segment.startsWith('{') && segment.endsWith('}');
const isGreedy = (segment: string) => isVariable(segment) && segment.endsWith('+}');

import { functionsBehind, keySpaceOf } from './function-protection';
import { hasRouteTemplates, JudgedRoute } from './routes';

/** Where one function answers keys that another has recorded. */
interface Place {
  readonly api: string;
  readonly hasTemplates: boolean;
  readonly method: string;
  readonly path: string;
  readonly fn: string;
  readonly keySpace: string | undefined;
}

/**
 * Pairs of functions that share their keys, though each of them is another operation: of
 * one namespace and secret, on the same method and path of two APIs. A key says nothing of
 * the API that it was sent to.
 *
 * @param functions paths of those that are looked at
 */
export function sharedKeys(routes: readonly JudgedRoute[], functions: ReadonlySet<string>): readonly string[] {
  const places = routes.filter(({ state }) => state === 'protected').flatMap((route) => functionsBehind(route.invoked!)
    .filter(({ path }) => functions.has(path))
    .map((fn): Place => ({
      api: route.api.path,
      hasTemplates: hasRouteTemplates(route),
      method: route.method,
      path: route.path,
      fn: fn.path,
      keySpace: keySpaceOf(fn, `${route.method} ${route.path}`),
    })));
  const pairs = places.flatMap((one, at) => places.slice(at + 1)
    .filter((other) => isShared(one, other))
    .map((other) => `${one.fn} behind ${one.api} and ${other.fn} behind ${other.api}`));
  return [...new Set(pairs)];
}

const isShared = (one: Place, other: Place): boolean =>
  one.fn !== other.fn && one.api !== other.api && one.keySpace !== undefined && one.keySpace === other.keySpace
  && one.hasTemplates === other.hasTemplates && one.path === other.path
  && (one.method === other.method || [one.method, other.method].includes('ANY'));

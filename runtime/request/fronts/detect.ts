import type { Front } from './front';
import { functionUrl } from './function-url';
import { httpApi } from './http-api';

const version2: readonly Front[] = [httpApi, functionUrl];

/** The front that an event came through; undefined for one that is not an HTTP request. */
export function detectFront(event: unknown): Front | undefined {
  const found = version2.find((front) => front.accepts(event));
  if (found !== undefined) return found;
  // A function has one kind of front: in the layer the others lie in a file of their own.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { others } = require('./others') as typeof import('./others');
  return others.find((front) => front.accepts(event));
}

import { alb } from './alb';
import type { Front } from './front';
import { functionUrl } from './function-url';
import { httpApi } from './http-api';
import { httpApiV1, restApi } from './rest-api';

const fronts: readonly Front[] = [httpApi, functionUrl, restApi, httpApiV1, alb];

/** The front that an event came through; undefined for one that is not an HTTP request. */
export const detectFront = (event: unknown): Front | undefined => fronts.find((front) => front.accepts(event));

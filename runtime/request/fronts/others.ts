import { alb } from './alb';
import type { Front } from './front';
import { httpApiV1, restApi } from './rest-api';

/** The fronts whose events are not of payload format 2.0. */
export const others: readonly Front[] = [restApi, httpApiV1, alb];

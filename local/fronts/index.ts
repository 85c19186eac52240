import type { Front } from './front';
import { functionUrlFront } from './function-url';
import { httpApiFront } from './http-api';

/** Every kind of API that is served. */
export const FRONTS: readonly Front[] = [httpApiFront, functionUrlFront];

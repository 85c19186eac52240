import type { Front } from './front';
import { functionUrlFront } from './function-url';
import { httpApiFront } from './http-api';
import { restApiFront } from './rest-api';

/** Every kind of API that is served. */
export const FRONTS: readonly Front[] = [httpApiFront, restApiFront, functionUrlFront];

import type { TestDefinition } from '../definition';
import { connection } from './connection';
import { cors } from './cors';
import { crash } from './crash';
import { errors } from './errors';
import { expiry } from './expiry';
import { inFlight } from './in-flight';
import { key } from './key';
import { methods } from './methods';
import { mismatch } from './mismatch';
import { payload } from './payload';
import { policy } from './policy';
import { replay } from './replay';
import { tenants } from './tenants';

/** Every test, in the order in which they run: what others depend on comes first. */
export const DEFINITIONS: readonly TestDefinition[] = [
  ...replay, ...mismatch, ...inFlight, ...key, ...tenants, ...methods, ...payload, ...errors, ...cors, ...connection, ...crash, ...expiry, ...policy,
];

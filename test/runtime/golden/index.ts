import { readFileSync } from 'node:fs';
import path from 'node:path';

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- an event is untyped JSON, and tests take it apart */
export type GoldenEvent = any;

/** A fresh copy of a documented event: see README.md beside it. */
export const golden = (name: string): GoldenEvent => JSON.parse(readFileSync(path.join(__dirname, `${name}.json`), 'utf8'));

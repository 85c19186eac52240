import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Survivor } from './stryker';

/** By file, then by `original → replacement`. */
type Reasons = Readonly<Record<string, Readonly<Record<string, string>>>>;

const REASONS = JSON.parse(readFileSync(join(__dirname, 'reasons.json'), 'utf8')) as Reasons;

/** Why no test can notice this one, or none needs to; undefined where nobody has said. */
export const reasonOf = (file: string, { original, replacement }: Survivor): string | undefined => REASONS[file]?.[`${original} → ${replacement}`];

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './run';
import type { Json } from './target';

/** An input that once failed, and what was wrong. */
export interface Case {
  readonly file: string;
  readonly found: string;
  readonly input: Json;
}

/** Where the past findings are kept. */
export const CORPUS = join(__dirname, '..', '..', 'test', 'corpus');

export function casesOf(target: string, corpus = CORPUS): readonly Case[] {
  const folder = join(corpus, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith('.json')).sort().map((file) => {
    const { found, input } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<Case, 'file'>;
    return { file, found, input };
  });
}

/** Where a finding is written to, named by what it consists of. */
export function keep(target: string, { input, problem }: Finding, corpus = CORPUS): string {
  const folder = join(corpus, target);
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify(input);
  const file = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`);
  writeFileSync(file, `${JSON.stringify({ found: problem, input }, null, 2)}\n`);
  return file;
}

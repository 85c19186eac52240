import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What each file imports of the others, types included. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The imports between the TypeScript sources below these folders of `root`. */
export function importsBelow(root: string, folders: readonly string[]): Imports {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .map((file) => path.join(folder, file)));
  const known = new Set(files);
  return new Map(files.map((file) => {
    const specifiers = ts.preProcessFile(readFileSync(path.join(root, file), 'utf8'), true, true).importedFiles;
    const targets = specifiers
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => path.join(path.dirname(file), fileName))
      .map((target) => [`${target}.ts`, path.join(target, 'index.ts')].find((candidate) => known.has(candidate)))
      .filter((target) => target !== undefined);
    return [file, targets];
  }));
}

/** The shortest way from a file back to itself, for each file that has one; each circle once. */
export function circles(imports: Imports): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  for (const file of imports.keys()) {
    const circle = wayBack(file, imports);
    if (circle === undefined) continue;
    const members = [...circle].sort().join();
    if (!found.has(members)) found.set(members, circle);
  }
  return [...found.values()];
}

function wayBack(start: string, imports: Imports): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of imports.get(file) ?? []) {
      if (next === start) return traced(file, cameFrom);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

function traced(last: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const before = cameFrom.get(last);
  return before === undefined ? [last] : [...traced(before, cameFrom), last];
}

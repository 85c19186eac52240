import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/** Saving several files is one change. */
const QUIET_MS = 100;

export interface FileChanges {
  close(): void;
}

/**
 * Tells of files below a folder whose content has changed, with the time of the
 * first of them; but for what `ignores` names, node_modules, and names that
 * begin with a dot. A file that is written again as it was has not changed: an
 * app may make files where it lies.
 */
export function watchFiles(root: string, ignores: readonly string[], onChange: (changedAt: number) => void): FileChanges {
  const watchers = new Map<string, FSWatcher>();
  const contents = new Map<string, string>();
  let changedAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const isIgnored = (file: string): boolean =>
    path.basename(file) === 'node_modules' || path.basename(file).startsWith('.') || ignores.includes(file);

  function enter(directory: string): void {
    if (watchers.has(directory)) return;
    try {
      const watcher = watch(directory, (_, name) => seen(path.join(directory, name ?? '')));
      watcher.on('error', () => leave(directory));
      watchers.set(directory, watcher);
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        const file = path.join(directory, entry.name);
        if (isIgnored(file)) continue;
        if (entry.isDirectory()) enter(file);
        else if (entry.isFile()) contents.set(file, contentOf(file));
      }
    } catch {
      // Gone again meanwhile.
      leave(directory);
    }
  }

  function leave(directory: string): void {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  }

  function seen(file: string): void {
    if (isIgnored(file)) return;
    const content = contentOf(file);
    if (content === DIRECTORY) enter(file);
    if (contents.get(file) === content || (content === ABSENT && !contents.has(file))) return;
    contents.set(file, content);
    changedAt ??= Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => {
      const first = changedAt!;
      changedAt = undefined;
      onChange(first);
    }, QUIET_MS);
  }

  enter(root);
  return {
    close: () => {
      clearTimeout(timer);
      watchers.forEach((watcher) => watcher.close());
    },
  };
}

const ABSENT = 'absent';
const DIRECTORY = 'directory';

function contentOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR' ? DIRECTORY : ABSENT;
  }
}

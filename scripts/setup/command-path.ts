import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a shell would find the command. */
export const commandPath = (command: string, path = process.env.PATH ?? ''): string | undefined =>
  path.split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, command)).find(isExecutable);

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

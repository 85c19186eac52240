import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** Runs a test file with more to do than it has in the suite; whether it passes. What it says of a failure is passed on. */
export const passes = (file: string, environment: Readonly<Record<string, string>> = {}): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', join(ROOT, 'node_modules/jest/bin/jest.js'), file, '--coverage=false'], {
      cwd: ROOT, env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) console.error(said);
      resolve(code === 0);
    });
  });

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserProgram } from './setup/browser';
import { dynamoDbProblem } from './setup/embedded-dynamodb';
import { requirements } from './setup/requirements';
import { setUp } from './setup/set-up';

/** Before any test runs: what tests need beside npm's packages is installed, or named. */
function main(root: string): void {
  const platform = `${process.platform}-${process.arch}`;
  const say = (line: string) => console.error(line);
  const problem = dynamoDbProblem(root, platform);
  if (problem !== undefined) say(problem);
  const isReady = problem === undefined && setUp(requirements(platform, process.env.CHROMIUM), {
    path: process.env.PATH ?? '',
    osRelease: osRelease(),
    isRoot: process.getuid?.() === 0,
    say,
  });
  if (!isReady) process.exitCode = 1;
  else browserProgram(root);
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

main(join(__dirname, '..'));

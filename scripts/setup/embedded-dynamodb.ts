import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What to do where npm has not installed the embedded DynamoDB of this platform; nothing where it has. */
export function dynamoDbProblem(root: string, platform: string): string | undefined {
  try {
    createRequire(join(root, 'package.json')).resolve(`@dynoxide/${platform}/package.json`);
    return undefined;
  } catch {
    return `The tests need the embedded DynamoDB, the npm package @dynoxide/${platform}. "npm ci --include=optional" installs it on Linux on x64, where the tests run.`;
  }
}

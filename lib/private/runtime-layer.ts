import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystem, Stack } from 'aws-cdk-lib';
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { LAYER } from '../contract';
import { refuse } from './errors';
import { FunctionHandle, MOST_LAYERS } from './function-handle';

const LAYER_ID = 'IdempotencyLayer';
/** Where the user has a construct of that name. */
const OTHER_LAYER_ID = 'CdkIdempotentApiLayer';
const FOLDER = join(__dirname, '..', '..', 'build', 'layer');

/**
 * Adds the runtime to a function. Each stack has a layer of its own: shared
 * between stacks it would be an export whose value changes with every release,
 * which CloudFormation refuses.
 */
export function addRuntimeLayer(fn: FunctionHandle): void {
  requireBundle(fn);
  const stack = Stack.of(fn.construct);
  const layer = stack.node.children.find((child) => child instanceof RuntimeLayer)
    ?? new RuntimeLayer(stack, stack.node.tryFindChild(LAYER_ID) === undefined ? LAYER_ID : OTHER_LAYER_ID);
  try {
    fn.addLayer(layer);
  } catch (cause) {
    refuse({
      site: fn.construct,
      prop: 'layers',
      problem: `leave no room for the layer of cdk-idempotent-api (Lambda allows ${MOST_LAYERS})`,
      remedy: 'Take one out, or wrap the handler in code with idempotent() and pass idempotency.environment()',
      cause,
    });
  }
  // A layer's reference stays the same when its content changes; without this,
  // an alias would stay with the version that has the old runtime.
  fn.invalidateVersion(FileSystem.fingerprint(FOLDER));
}

class RuntimeLayer extends LayerVersion {
  constructor(stack: Stack, id: string) {
    super(stack, id, { code: Code.fromAsset(FOLDER), description: LAYER.DESCRIPTION });
  }
}

function requireBundle(fn: FunctionHandle): void {
  if (existsSync(join(FOLDER, LAYER.DIRECTORY, 'handler.mjs'))) return;
  refuse({
    site: fn.construct,
    prop: 'layers',
    problem: 'cannot be given the runtime, which has not been built',
    remedy: 'Run "npm run bundle" in the repository of cdk-idempotent-api; a published package contains it',
  });
}

import { cpSync, mkdirSync } from 'node:fs';
import { FunctionSpecError } from './function-spec-error';
import type { FunctionSpec } from './local-function';

/**
 * What a function sees as `/opt`: its layers laid over each other in the
 * template's order, later files over earlier ones. A single layer is used
 * where it lies. Several are copied, not linked: Node resolves imports from a
 * file's real path, and a module of one layer may import one of another.
 *
 * @param target where to merge; need not exist
 * @throws FunctionSpecError `LAYERS_NOT_MERGED`
 */
export function prepareOptDirectory(spec: FunctionSpec, target: string): string {
  const [only, ...others] = spec.layerDirectories;
  if (only !== undefined && others.length === 0) {
    return only;
  }
  mkdirSync(target, { recursive: true });
  for (const layer of spec.layerDirectories) {
    try {
      cpSync(layer, target, { recursive: true, force: true, verbatimSymlinks: true });
    } catch (cause) {
      throw new FunctionSpecError('LAYERS_NOT_MERGED', `Layer ${layer} of function ${spec.id} cannot be merged into its /opt: ${String(cause)}`, { cause });
    }
  }
  return target;
}

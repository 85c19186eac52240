import { builtinModules, createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const builtin = createRequire(__filename);

/**
 * Node's own modules, handed over as they are: an `import` of one in an ES
 * module evaluates all of its exports, and that of node:http undici with them,
 * which is a third of a cold start.
 */
export const builtinsAsTheyAre: Plugin = {
  name: 'builtins-as-they-are',
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      return kind === 'import-statement' && names.has(name) ? { path: name, namespace: 'builtin', sideEffects: false } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const members = Object.keys(builtin(path) as object).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default');
      // Calls that are marked so vanish where nobody uses their result.
      const exported = members.map((name) => `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`);
      return { contents: [`const builtin = /* @__PURE__ */ process.getBuiltinModule('node:${path}');`, 'export default builtin;', ...exported].join('\n') };
    });
  },
};

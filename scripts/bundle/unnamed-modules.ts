/**
 * esbuild starts each module that is loaded on demand by a function named by the
 * module's path, and marks it strict. Whoever bundles our ES module has 5 KB of both in
 * each function: no minifier may shorten a property's name, and an ES module is
 * strict. The paths still stand in comments, for people who read stack traces.
 */
export const unnamedModules = (esm: string): string => esm.replace(NAMED, '$1  ""($2) {');

const NAMED = /(= __(?:esm|commonJS)\(\{\n) *"[^"\n]+"\(([^)]*)\) \{(?:\n *"use strict";)?/g;

let loaded: typeof import('./replay') | undefined;

/** Few sandboxes start with a replay: what it takes is loaded with the first, in the layer from a file of its own. */
export const replaying = (): typeof import('./replay') => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  loaded ??= require('./replay') as typeof import('./replay');
  return loaded;
};

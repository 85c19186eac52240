/** Few bodies lie beside their records: what it takes is loaded with the first, in the layer from a file of its own. */
// eslint-disable-next-line @typescript-eslint/no-require-imports
export const beside = () => require('./beside') as typeof import('./beside');

/** Lets what asks for the version of Node.js see another one. @returns puts the real one back */
export function pretendNode(version: string): () => void {
  const real = process.versions.node;
  const set = (value: string): void => void Object.defineProperty(process.versions, 'node', { value, configurable: true });
  set(version);
  return () => set(real);
}

/**
 * Bytes that DynamoDB counts for an item: names and values, a number a byte for
 * two digits and one more. Good enough to see what is large.
 */
export const itemSize = (item: Readonly<Record<string, unknown>>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);

function valueSize(value: unknown): number {
  const [type, content] = Object.entries(value as object)[0] ?? [];
  if (content instanceof Uint8Array) return content.length;
  if (type === 'N') return Math.ceil(String(content).length / 2) + 1;
  return Buffer.byteLength(typeof content === 'string' ? content : JSON.stringify(content ?? ''));
}

import type { AttributeValue } from '@aws-sdk/client-dynamodb';

const KB = 1024;

/** As the SDK has it, or as it is in JSON. */
type Value = AttributeValue | Readonly<Partial<Record<'S' | 'N' | 'B' | 'M' | 'L', unknown>>>;
type Item = Readonly<Record<string, Value>>;

/** Bytes of an item, about as DynamoDB counts them; binary values as bytes, or in base64 as JSON has them. */
export const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0);

function sizeOfValue({ S, N, B, M, L }: Value): number {
  if (S !== undefined || N !== undefined) return Buffer.byteLength(String(S ?? N));
  if (B !== undefined) return typeof B === 'string' ? Buffer.byteLength(B, 'base64') : (B as Uint8Array).length;
  if (M !== undefined) return 3 + Object.keys(M as Item).length + sizeOf(M as Item);
  if (L !== undefined) return 3 + (L as Value[]).reduce((sum, value) => sum + 1 + sizeOfValue(value), 0);
  return 1;
}

/** A refused write is charged for the item that refused it, by the started KB; a refusal reports no capacity itself. */
export const unitsOfRefusal = (item: Item): number => Math.ceil(sizeOf(item) / KB);

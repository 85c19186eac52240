/** A value of DynamoDB's as it is written in JSON: bytes as base64, wherever they stand. */
export function toWire(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(toWire);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toWire(member)]));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

type Members = Readonly<Record<string, unknown>>;

/** An item as it was read from JSON: base64 as the bytes that it stands for. */
export function itemFromWire(item: unknown): Record<string, unknown> | undefined {
  return isObject(item) ? mapped(item) : undefined;
}

const mapped = (members: Members): Record<string, unknown> => {
  const read: Record<string, unknown> = {};
  // Defined, not assigned: an attribute may be called `__proto__`.
  for (const name of Object.keys(members)) define(read, name, attributeFromWire(members[name]));
  return read;
};

function attributeFromWire(attribute: unknown): unknown {
  if (!isObject(attribute)) return attribute;
  const { B, BS, L, M } = attribute;
  if (typeof B === 'string') return { B: Buffer.from(B, 'base64') };
  if (Array.isArray(BS)) return { BS: BS.map((one) => Buffer.from(String(one), 'base64')) };
  if (Array.isArray(L)) return { L: L.map(attributeFromWire) };
  if (isObject(M)) return { M: mapped(M) };
  return attribute;
}

function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

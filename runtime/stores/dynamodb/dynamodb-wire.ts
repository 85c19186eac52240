import type { UpdateRequest, Values } from './dynamodb-transport';

/** The input of an UpdateItem. */
export const updateText = (request: UpdateRequest): string =>
  `{"TableName":${JSON.stringify(request.table)},"Key":${valuesText(request.key)},"ExpressionAttributeValues":${valuesText(request.values)},${expressionText(request)}`;

/** By the names of an expression, which whoever sends it often has made once. */
const TEXTS = new WeakMap<object, Pick<UpdateRequest, 'update' | 'condition' | 'returnOld'> & { readonly text: string }>();

/** What is the same in all updates of a kind, made once for all of them. */
function expressionText({ update, condition, names, returnOld }: UpdateRequest): string {
  const known = TEXTS.get(names);
  if (known?.update === update && known.condition === condition && known.returnOld === returnOld) return known.text;
  const text = JSON.stringify({
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: names,
    ...(returnOld ? { ReturnValues: 'ALL_OLD' } : {}),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }).slice(1);
  TEXTS.set(names, { update, condition, returnOld, text });
  return text;
}

/** JSON of attribute values: those that a record is made of, a dozen in each request, without a copy of them. */
function valuesText(values: Values): string {
  let text = '';
  for (const name of Object.keys(values)) {
    const value = values[name]!;
    const written = 'N' in value ? `{"N":"${value.N}"}`
      : 'S' in value ? `{"S":${JSON.stringify(value.S)}}`
        : 'B' in value ? `{"B":"${base64(value.B)}"}`
          : JSON.stringify(toWire(value));
    text += `${text && ','}${JSON.stringify(name)}:${written}`;
  }
  return `{${text}}`;
}

/** A value of DynamoDB's as it is written in JSON: bytes as base64, wherever they stand. */
export function toWire(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(toWire);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toWire(member)]));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

type Members = Readonly<Record<string, unknown>>;

/** An item as it was read from JSON, base64 replaced by the bytes that it stands for. */
export function itemFromWire(item: unknown): Record<string, unknown> | undefined {
  if (!isObject(item)) return undefined;
  const read = item as Record<string, unknown>;
  // What stands there already is replaced, not added: an attribute may be called `__proto__`.
  for (const name of Object.keys(read)) readBytes(read[name]);
  return read;
}

function readBytes(attribute: unknown): void {
  if (!isObject(attribute)) return;
  const of = attribute as { B?: unknown; BS?: unknown; readonly L?: unknown; readonly M?: unknown };
  if (typeof of.B === 'string') of.B = Buffer.from(of.B, 'base64');
  else if (Array.isArray(of.BS)) of.BS = of.BS.map((one) => Buffer.from(String(one), 'base64'));
  else if (Array.isArray(of.L)) of.L.forEach(readBytes);
  else itemFromWire(of.M);
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

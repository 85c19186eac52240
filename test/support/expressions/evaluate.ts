import { Reader, tokens } from './tokens';

export type Value = { readonly S: string } | { readonly N: string } | { readonly B: Uint8Array };
export type Item = Readonly<Record<string, Value>>;

export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Whether a condition holds for an item, by as much of DynamoDB's grammar as the
 * store's expressions use: comparisons, `attribute_exists`,
 * `attribute_not_exists`, NOT, AND, OR and brackets. What is not there, or is of
 * another type, compares as false; but `<>`, which is then true.
 */
export function holds(condition: string, item: Item | undefined, placeholders: Placeholders): boolean {
  const reader = new Reader(tokens(condition));
  const result = either(reader, item ?? {}, placeholders);
  reader.end();
  return result;
}

/** The item after SET and REMOVE; every operand is read from the item as it was. */
export function updated(expression: string, item: Item, placeholders: Placeholders): Item {
  const reader = new Reader(tokens(expression));
  const after: Record<string, Value> = { ...item };
  while (reader.peek() !== undefined) {
    if (reader.takes('SET')) {
      do {
        const name = nameOf(reader.next(), placeholders);
        reader.expect('=');
        after[name] = sum(reader, item, placeholders);
      } while (reader.takes(','));
    } else {
      reader.expect('REMOVE');
      do delete after[nameOf(reader.next(), placeholders)];
      while (reader.takes(','));
    }
  }
  return after;
}

function either(reader: Reader, item: Item, placeholders: Placeholders): boolean {
  let result = both(reader, item, placeholders);
  while (reader.takes('OR')) result = both(reader, item, placeholders) || result;
  return result;
}

function both(reader: Reader, item: Item, placeholders: Placeholders): boolean {
  let result = negated(reader, item, placeholders);
  while (reader.takes('AND')) result = negated(reader, item, placeholders) && result;
  return result;
}

function negated(reader: Reader, item: Item, placeholders: Placeholders): boolean {
  return reader.takes('NOT') ? !negated(reader, item, placeholders) : simple(reader, item, placeholders);
}

function simple(reader: Reader, item: Item, placeholders: Placeholders): boolean {
  if (reader.takes('(')) {
    const result = either(reader, item, placeholders);
    reader.expect(')');
    return result;
  }
  for (const [word, wanted] of [['ATTRIBUTE_EXISTS', true], ['ATTRIBUTE_NOT_EXISTS', false]] as const) {
    if (!reader.takes(word)) continue;
    reader.expect('(');
    const name = nameOf(reader.next(), placeholders);
    reader.expect(')');
    return Object.hasOwn(item, name) === wanted;
  }
  const left = operand(reader.next(), item, placeholders);
  const comparator = reader.next();
  const right = operand(reader.next(), item, placeholders);
  return compare(left, comparator, right);
}

function compare(left: Value | undefined, comparator: string, right: Value | undefined): boolean {
  const order = orderOf(left, right);
  if (comparator === '<>') return order !== 0;
  if (order === undefined) return false;
  switch (comparator) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      throw new SyntaxError(`${comparator} is no comparator`);
  }
}

/** `undefined` where the two cannot be compared. */
function orderOf(left: Value | undefined, right: Value | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  if ('N' in left && 'N' in right) return Math.sign(Number(left.N) - Number(right.N));
  if ('S' in left && 'S' in right) return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S));
  if ('B' in left && 'B' in right) return Buffer.compare(left.B, right.B);
  return undefined;
}

function sum(reader: Reader, item: Item, placeholders: Placeholders): Value {
  let result = assigned(reader, item, placeholders);
  while (reader.takes('+')) {
    const added = assigned(reader, item, placeholders);
    if (!('N' in result && 'N' in added)) throw new TypeError('only numbers are added');
    result = { N: String(Number(result.N) + Number(added.N)) };
  }
  return result;
}

function assigned(reader: Reader, item: Item, placeholders: Placeholders): Value {
  if (!reader.takes('IF_NOT_EXISTS')) return needed(operand(reader.next(), item, placeholders));
  reader.expect('(');
  const name = nameOf(reader.next(), placeholders);
  reader.expect(',');
  const otherwise = operand(reader.next(), item, placeholders);
  reader.expect(')');
  return item[name] ?? needed(otherwise);
}

function needed(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('an operand of SET is not there');
  return value;
}

function operand(word: string, item: Item, placeholders: Placeholders): Value | undefined {
  if (!word.startsWith(':')) return item[nameOf(word, placeholders)];
  const value = placeholders.values[word];
  if (value === undefined) throw new ReferenceError(`${word} has no value`);
  return value as Value;
}

function nameOf(word: string, { names }: Placeholders): string {
  if (!word.startsWith('#')) return word;
  const name = names[word];
  if (name === undefined) throw new ReferenceError(`${word} has no name`);
  return name;
}

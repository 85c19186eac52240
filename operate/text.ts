/** How things are written for people. */

/** Text of others without what a terminal would obey. Line breaks and tabs stay. */
// eslint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

/** On one line. */
export const plainLine = (text: string): string => plain(text).replace(/[\n\t]/g, ' ');

/** ISO 8601; a time that no calendar has is written as its number of milliseconds. */
export function iso(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time} ms` : date.toISOString();
}

/** `3 min ago`, `in 27 s`. */
export function fromNow(time: number, now: number): string {
  const length = lengthOf(Math.abs(time - now));
  return time <= now ? `${length} ago` : `in ${length}`;
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]] as const;

function lengthOf(ms: number): string {
  const [name, size] = UNITS.find(([, unit]) => ms >= 2 * unit) ?? UNITS[3];
  return `${Math.floor(ms / size)} ${name}`;
}

export function bytes(count: number): string {
  if (count < 10_000) return `${count} bytes`;
  return count < 1_000_000 ? `${(count / 1024).toFixed(0)} KB` : `${(count / 1024 / 1024).toFixed(1)} MB`;
}

/** Two columns, the first as wide as its widest. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n');
}

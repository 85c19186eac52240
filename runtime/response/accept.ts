/**
 * Whether the values of `Accept` (RFC 9110, section 12.5.1) rank `wanted` above
 * `other`. Without the header, or with both ranked the same, they do not.
 */
export function prefers(accept: readonly string[], wanted: string, other: string): boolean {
  const ranges = accept.flatMap((value) => value.split(',')).flatMap(parseRange);
  return qualityOf(wanted, ranges) > qualityOf(other, ranges);
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

/** A range whose weight is malformed counts for nothing, the others of the header still do. */
function parseRange(text: string): readonly Range[] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? [{ type, quality: Number(weight) }] : [];
}

/** The most specific range that matches decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const candidate of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const matching = ranges.filter((range) => range.type === candidate);
    if (matching.length > 0) return Math.max(...matching.map((range) => range.quality));
  }
  return 0;
}

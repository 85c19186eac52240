export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What it should not exceed. */
  readonly mark?: number;
}

const ROW = 24;
const LABELS = 430;
const WIDTH = 900;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Horizontal bars with their marks, as SVG. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(1, ...bars.flatMap(({ value, mark = 0 }) => [value, mark]));
  const x = (value: number): number => LABELS + (value / most) * (WIDTH - LABELS - 60);
  const rows = bars.map(({ label, value, mark }, at) => {
    const y = 40 + at * ROW;
    const line = mark === undefined ? '' : `<line x1="${x(mark).toFixed(1)}" x2="${x(mark).toFixed(1)}" y1="${y - 2}" y2="${y + 18}" stroke="#c00" stroke-width="2"/>`;
    return `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>`
      + `<rect x="${LABELS}" y="${y}" width="${(x(value) - LABELS).toFixed(1)}" height="16" fill="#4472a8"/>${line}`
      + `<text x="${(x(value) + 6).toFixed(1)}" y="${y + 12}">${value.toFixed(2)}</text>`;
  });
  const height = 50 + bars.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="#fff"/><text x="8" y="22" font-size="15">${escaped(title)} (red: the bar)</text>`,
    ...rows, '</svg>', '',
  ].join('\n');
}

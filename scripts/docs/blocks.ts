/** A fenced block of a Markdown page. */
export interface Block {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** First word after the fence: `ts`, `sh`, `json`. */
  readonly language: string;
  /** The words after it. */
  readonly flags: readonly string[];
  readonly text: string;
  /** What `<!-- given: ... -->` above the block declares: names that a reader supplies. */
  readonly given: string;
}

/** Every fenced block of a page. */
export function blocksOf(page: string, markdown: string): readonly Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\S*)\s*(.*)$/.exec(lines[at]!);
    if (fence === null) continue;
    const end = lines.findIndex((line, index) => index > at && line.startsWith('```'));
    if (end < 0) throw new Error(`${page}:${at + 1}: the block has no end`);
    blocks.push({
      page,
      line: at + 1,
      language: fence[1]!,
      flags: fence[2]!.split(' ').filter((flag) => flag !== ''),
      text: lines.slice(at + 1, end).join('\n'),
      given: givenAbove(lines, at),
    });
    at = end;
  }
  return blocks;
}

function givenAbove(lines: readonly string[], fence: number): string {
  let end = fence - 1;
  while (end >= 0 && lines[end]!.trim() === '') end--;
  if (end < 0 || !lines[end]!.trim().endsWith('-->')) return '';
  let start = end;
  while (start >= 0 && !lines[start]!.includes('<!--')) start--;
  const comment = lines.slice(start, end + 1).join('\n');
  return /<!--\s*given:([\s\S]*?)-->/.exec(comment)?.[1]?.trim() ?? '';
}

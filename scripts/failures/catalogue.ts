/** A row of the failure catalogue. */
export interface FailureRow {
  /** `F12` */
  readonly id: string;
  readonly failure: string;
  /** For a row that is argued and not tested: the document and the section that hold the argument. */
  readonly review?: { readonly document: string; readonly section: string };
}

/**
 * The rows of every table whose first column is an id. Throws for an id that
 * stands there twice, and for a `review` without a link to a section.
 */
export function parseCatalogue(markdown: string): readonly FailureRow[] {
  const rows = markdown.split('\n').filter((line) => /^\| *F\d/.test(line)).map(parseRow);
  if (rows.length === 0) throw new Error('The failure catalogue has no rows.');
  const seen = new Set<string>();
  for (const { id } of rows) {
    if (seen.has(id)) throw new Error(`The failure catalogue has ${id} twice.`);
    seen.add(id);
  }
  return rows;
}

function parseRow(line: string): FailureRow {
  const cells = line.split('|').slice(1, -1).map((cell) => cell.trim());
  const [id, failure, , test] = cells;
  if (cells.length !== 4 || !/^F\d+$/.test(id)) throw new Error(`Not a row of the failure catalogue: ${line}`);
  if (!test.startsWith('review')) return { id, failure };
  const link = /\]\(([^)#]+)#([^)]+)\)/.exec(test);
  if (link === null) throw new Error(`${id} is a review row and links to no section: ${test}`);
  return { id, failure, review: { document: link[1], section: link[2] } };
}

/** What a heading's anchor is: as on GitHub, in lower case, without punctuation, spaces as dashes. */
export function anchors(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/ /g, '-'));
}

/** Rows whose test is still to come, by id: `F33 bench: what owes it`. Throws for a line of another form. */
export function parseOwed(text: string): ReadonlyMap<string, string> {
  const owed = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const match = /^(F\d+) +(\S.*: *\S.*)$/.exec(line);
    if (match === null) throw new Error(`Not of the form "F33 bench: what owes it": ${line}`);
    const [, id, why] = match;
    if (owed.has(id)) throw new Error(`${id} is owed twice.`);
    owed.set(id, why);
  }
  return owed;
}

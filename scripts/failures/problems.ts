import type { FailureRow } from './catalogue';

export interface Evidence {
  readonly rows: readonly FailureRow[];
  /** Ids in the names of tests. */
  readonly tested: ReadonlySet<string>;
  /** Ids whose test is still to come. */
  readonly owed: ReadonlyMap<string, string>;
  /** Whether the section that a review row links to exists. */
  readonly hasSection: (review: NonNullable<FailureRow['review']>) => boolean;
}

/** What is wrong, one line each; nothing when every row is covered and nothing is claimed that is not so. */
export function problems({ rows, tested, owed, hasSection }: Evidence): readonly string[] {
  const known = new Set(rows.map(({ id }) => id));
  const covered = (row: FailureRow) => tested.has(row.id) || (row.review !== undefined && hasSection(row.review));
  return [
    ...rows.filter((row) => !covered(row) && !owed.has(row.id)).map(({ id, failure, review }) => review === undefined
      ? `${id} (${failure}) stands in no test's name`
      : `${id} (${failure}) links to ${review.document}#${review.section}, which does not exist`),
    ...rows.filter((row) => covered(row) && owed.has(row.id)).map(({ id }) => `${id} is covered by now: take it out of test/owed-failures.txt`),
    ...[...tested].filter((id) => !known.has(id)).map((id) => `${id} stands in a test's name and not in docs/failures.md`),
    ...[...owed.keys()].filter((id) => !known.has(id)).map((id) => `${id} is owed and stands not in docs/failures.md`),
  ];
}

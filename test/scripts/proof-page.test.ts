import { HEAD, withSection } from '../../scripts/prove/page';

const WHERE = { date: '2026-11-25', commit: 'abc1234', seed: 'proof', machine: 'Node.js v24.0.0, 2 processors, 8 GiB' };
const KILLS = { name: 'Kills' };
const FAULTS = { name: 'Faults' };
const found = (text: string, met = true) => [{ goal: 'each once', found: text, met }];
const FUZZING = '## Fuzzing\n\n<!-- fuzz:begin -->\n1,000,000 runs.\n<!-- fuzz:end -->';

test('a part that was not shown yet gets its section at the end of the page', () => {
  const page = withSection(`${HEAD}\n${FUZZING}\n`, KILLS, found('105 kills'), 1234, WHERE);
  expect(page).toContain(FUZZING);
  expect(page.slice(page.indexOf(FUZZING))).toContain(
    '## Kills\n\n2026-11-25, commit abc1234, seed `proof`, Node.js v24.0.0, 2 processors, 8 GiB; 1,234 s.\n\n'
    + '| goal | found | |\n|---|---|---|\n| each once | 105 kills | shown |\n',
  );
});

test('a part that is shown again renews its own section, and no other', () => {
  const both = withSection(withSection(HEAD, KILLS, found('105 kills'), 1, WHERE), FAULTS, found('126 cells'), 1, WHERE);
  const before = `${both}\n${FUZZING}\n`;
  const after = withSection(before, KILLS, found('2 duplicated', false), 9, WHERE);
  expect(after).toBe(before.replace('GiB; 1 s.', 'GiB; 9 s.').replace('| 105 kills | shown |', '| 2 duplicated | not shown |'));
});

test('a section whose end is missing is not guessed at', () => {
  const page = withSection(HEAD, KILLS, found('105 kills'), 1, WHERE).replace('<!-- Kills:end -->', '');
  expect(() => withSection(page, KILLS, found('105 kills'), 1, WHERE)).toThrow('docs/proof.md has a <!-- Kills:begin --> without its <!-- Kills:end -->');
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { startFor, targetAt } from './support/reference';
import type { Flaw } from '../../conformance/peers/reference/records';
import { pageOf } from '../../conformance/report/page';
import { resultsOf } from '../../conformance/report/results';
import { chosenFor, only, runSuite } from '../../conformance/run/run-suite';
import { subjectOf } from '../../conformance/run/subject-of';
import { startBrowser, type Browser } from '../local/support/browser';

jest.setTimeout(120_000);

const folder = mkdtempSync(path.join(tmpdir(), 'conformance-page-'));
const file = path.join(folder, 'page.html');
let browser: Browser;
let page: Page;
const said: string[] = [];

async function resultsFor(name: string, profile: 'ietf-07' | 'ours', flaw?: Flaw) {
  const reference = await startFor(profile, flaw);
  try {
    const { routes, ...target } = targetAt(reference.url, profile);
    const subject = await subjectOf({ ...target, routes: { brief: routes!.brief } });
    const runs = await runSuite(only(chosenFor(profile), ['replay.once', 'replay.marked', 'in-flight.parallel', 'mismatch']), subject);
    return resultsOf(runs, subject, { kit: 'cdk-idempotent-api 1.2.3', now: new Date('2026-11-25'), target: { name, about: 'A <b>server</b>.', versions: { it: '1.0.0' } } });
  } finally {
    await reference.stop();
  }
}

beforeAll(async () => {
  const results = await Promise.all([
    resultsFor('Kept', 'ietf-07'), resultsFor('Kept', 'ours'), resultsFor('Broken </script>', 'ietf-07', 'claim-not-atomic'),
  ]);
  writeFileSync(file, pageOf(results));
  browser = await startBrowser();
  page = await browser.context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) said.push(request.url());
  });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await page.goto('about:blank');
  await page.goto(pathToFileURL(file).href);
});

const cell = (id: string, column: number) => page.locator(`tr:has(> th[id="${id}"]) td`).nth(column).locator('button');

test('it has a row for each test with its rule, a column for each target, and says in words what each cell is', async () => {
  expect(await page.locator('thead th').allInnerTexts()).toEqual([
    'Test', expect.stringContaining('Kept'), expect.stringContaining('Broken </script>'),
  ]);
  expect(await page.locator('th[id="replay.once"]').innerText()).toContain('replay.once · RFC 9110, 9.2.2');
  expect(await cell('in-flight.parallel', 0).getAttribute('aria-label')).toBe('Kept: passes');
  expect(await cell('in-flight.parallel', 1).getAttribute('aria-label')).toBe('Broken </script>: fails');
  expect(await cell('mismatch.path', 0).getAttribute('aria-label')).toBe('Kept: not applicable');
  expect(await cell('mismatch.json-order', 0).getAttribute('aria-label')).toBe('Kept: no');
});

test('a click shows the recorded exchange, its rule and its versions as text, and the address leads back to it', async () => {
  await cell('in-flight.parallel', 1).click();
  const dialog = page.locator('dialog');
  const text = await dialog.innerText();
  expect(text).toMatch(/successful answers of one operation are \d+ different ones/);
  expect(text).toContain('POST /payments');
  expect(text).toContain('A <b>server</b>.');
  expect(text).toContain('it 1.0.0; 2026-11-25, cdk-idempotent-api 1.2.3');
  expect(await dialog.locator('a').first().getAttribute('href')).toBe('https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2');
  const address = page.url();
  await page.keyboard.press('Escape');
  expect(await dialog.isVisible()).toBe(false);
  await page.goto('about:blank');
  await page.goto(address);
  expect(await page.locator('#detail-title').innerText()).toContain('MUST NOT run an operation twice');
});

test('it can be used by keyboard alone: one tab stop in the table, arrows, Home and End, Enter and Escape', async () => {
  await page.locator('#search').focus();
  await page.keyboard.press('Tab');
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label") + " " + document.activeElement.closest("tr").querySelector("th").id') as Promise<string>;
  expect(await focused()).toBe('Kept: passes replay.once');
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('Broken </script>: passes replay.once');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  expect(await focused()).toBe('Kept: passes replay.same');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  expect(await page.locator('dialog').isVisible()).toBe(true);
  await page.keyboard.press('Escape');
  expect(await focused()).toBe('Broken </script>: passes replay.same');
});

test('rows are chosen by level, by words and by what differs; a profile has its own levels and columns', async () => {
  const shown = () => page.locator('tbody tr:not(.topic)').count();
  const all = await shown();
  await page.locator('#differing').check();
  expect(await page.locator('tbody tr:not(.topic) th').allInnerTexts()).toEqual([expect.stringContaining('in-flight.parallel')]);
  await page.locator('#differing').uncheck();
  await page.locator('#search').fill('duplicates');
  expect(await shown()).toBeLessThan(all);
  await page.locator('#search').fill('');
  for (const level of ['SHOULD', 'MAY', 'CHECK']) await page.getByLabel(level, { exact: true }).uncheck();
  expect((await page.locator('tbody tr:not(.topic) th').allInnerTexts()).every((text) => text.startsWith('MUST'))).toBe(true);
  await page.getByLabel('ours', { exact: true }).check();
  expect(await page.locator('thead th').allInnerTexts()).toEqual(['Test', expect.stringContaining('Kept')]);
  expect(await page.locator('th[id="replay.marked"]').innerText()).toContain('MUST mark a replay');
});

test.each(['light', 'dark'] as const)('it is readable in %s: every text against its ground by at least 4.5 to 1', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  const contrast = await page.evaluate(`(() => {
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = parse(getComputedStyle(at).backgroundColor);
        if (color.length < 4 || color[3] > 0) return color;
      }
      return [255, 255, 255];
    };
    return [...document.querySelectorAll('h1, p, th, th code, td button, label, legend, caption, footer b, a')].map((element) => {
      const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))].sort((x, y) => y - x);
      return { text: element.textContent.slice(0, 30), ratio: (a + 0.05) / (b + 0.05) };
    }).filter(({ ratio }) => ratio < 4.5);
  })()`);
  expect(contrast).toEqual([]);
});

test('nothing was loaded from anywhere, and nothing was complained about', () => {
  expect(said).toEqual([]);
});

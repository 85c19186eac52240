import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEVELS } from '../definition';
import { PROFILE_NAMES } from '../profile-name';
import { PROFILES } from '../profiles';
import { citeRule, describeRule, urlOfRule } from '../rules';
import { levelOf } from '../run/run-suite';
import { DEFINITIONS } from '../tests';
import type { Results } from './results';

/** The tests, whatever they were put to: what the page's rows are made of. */
const rows = () => DEFINITIONS.map((definition) => ({
  id: definition.id,
  title: definition.title,
  levels: Object.fromEntries(PROFILE_NAMES.map((profile) => [profile, levelOf(definition, profile)])),
  rule: describeRule(definition.rule),
  cite: citeRule(definition.rule),
  url: urlOfRule(definition.rule),
}));

/**
 * One page of results, a column for each, that needs nothing beside it: no
 * script of another origin, no font, no request. Results of several profiles of
 * one target stand in one column, and the page shows one profile at a time.
 */
export function pageOf(results: readonly Results[], here: string = dirname(fileURLToPath(import.meta.url))): string {
  const part = partsAt(here);
  const [style, script] = [part('page.css'), part('page.js')];
  const profiles = PROFILE_NAMES.filter((name) => results.some(({ profile }) => profile === name));
  const data = JSON.stringify({ levels: LEVELS, profiles: profiles.map((name) => ({ name, title: PROFILES[name].title })), tests: rows(), results });
  const policy = [
    "default-src 'none'", `script-src '${sha256(script)}'`, `style-src '${sha256(style)}'`, 'img-src data:', "base-uri 'none'", "form-action 'none'",
  ].join('; ');
  // Functions, since `$` means something in a replacement. Of the data, only `<` could end its element.
  return part('page.html')
    .replace('{{policy}}', () => policy)
    .replace('/* style */', () => style)
    .replace('/* script */', () => script)
    .replace('/* data */', () => data.replaceAll('<', '\\u003c'));
}

/** Its parts stand in `conformance/` beside the bundled command, and in `page/` beside this file in the repository. */
function partsAt(here: string): (name: string) => string {
  const bundled = join(here, 'conformance');
  const folder = existsSync(join(bundled, 'page.html')) ? bundled : join(here, 'page');
  return (name) => readFileSync(join(folder, name), 'utf8');
}

const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The page as it is sent, and the headers that keep it to itself. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The page's parts stand in `window/` beside the bundled CLI, and in `page/` beside this file in the repository. */
export function readPage(here: string = dirname(fileURLToPath(import.meta.url))): Page {
  const bundled = join(here, 'window');
  const folder = existsSync(bundled) ? bundled : join(here, 'page');
  const part = (name: string) => readFileSync(join(folder, name), 'utf8');
  const [style, script] = [part('window.css'), part('window.js')];
  // Functions, since `$` means something in a replacement.
  const html = part('window.html').replace('/* style */', () => style).replace('/* script */', () => script);
  return { html, headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(style, script) } };
}

/** No markup from text, and nothing runs, loads or is sent but what this page brings itself. */
const policy = (style: string, script: string): string => [
  "default-src 'none'",
  `script-src '${sha256(script)}'`,
  `style-src '${sha256(style)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Folders of the packages of which something is in the output, from the repository's root, in order. */
export function bundledPackages(metafiles: readonly Metafile[]): readonly string[] {
  const files = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file);
  return [...new Set(files.map(packageOf).filter((folder) => folder !== undefined))].sort();
}

function packageOf(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** Each licence text once, under the packages that it covers. Throws where there is none. */
export function renderNotices(root: string, packages: readonly string[]): string {
  const packagesOfText = new Map<string, string[]>();
  for (const folder of packages) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, string>;
    const text = licenceText(root, folder, license);
    packagesOfText.set(text, [...packagesOfText.get(text) ?? [], `${name} ${version} (${license})`]);
  }
  const sections = [...packagesOfText].map(([text, names]) => `${names.join('\n')}\n\n${text}`);
  return ['cdk-idempotent-api contains code of the following packages.', ...sections].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}

const isLicence = (name: string): boolean => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name);
const isNotice = (name: string): boolean => /^(notice|third-party-licenses)(\.(md|txt))?$/i.test(name);

function licenceText(root: string, folder: string, license: string): string {
  const files = readdirSync(join(root, folder)).sort();
  const read = (name: string) => readFileSync(join(root, folder, name), 'utf8').replace(/\r\n/g, '\n').trim();
  const own = files.filter(isLicence).map(read);
  const texts = own.length > 0 ? own : [standardText(root, folder, license)];
  return [...texts, ...files.filter(isNotice).map(read)].join('\n\n');
}

/** For packages that name their licence and carry no copy of it. */
function standardText(root: string, folder: string, license: string): string {
  if (license === 'Apache-2.0') return readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  if (license === 'MIT-0') return MIT_0;
  throw new Error(`${folder} (${license}) has no licence text to pass on: do not bundle it`);
}

const MIT_0 = `MIT No Attribution

Permission is hereby granted, free of charge, to any person obtaining a copy of this
software and associated documentation files (the "Software"), to deal in the Software
without restriction, including without limitation the rights to use, copy, modify,
merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A
PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

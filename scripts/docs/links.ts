import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { anchors } from '../failures/catalogue';

/** Links and pictures of a page that lead nowhere. Addresses outside of the project are not asked. */
export function brokenLinks(root: string, page: string, markdown: string): readonly string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => match[1]!);
  return targets.filter((target) => !/^(https?|mailto):/.test(target)).flatMap((target) => {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? join(root, page) : join(root, dirname(page), decodeURIComponent(file));
    if (!existsSync(path)) return [`${page}: ${target}: there is no ${relative(root, path)}`];
    if (anchor === undefined || !statSync(path).isFile() || !path.endsWith('.md')) return [];
    return anchorsOf(path).includes(anchor) ? [] : [`${page}: ${target}: ${relative(root, path)} has no such section`];
  });
}

function anchorsOf(path: string): readonly string[] {
  const markdown = readFileSync(path, 'utf8');
  const named = [...markdown.matchAll(/<a (?:name|id)="([^"]+)"/g)].map((match) => match[1]!);
  return [...anchors(markdown), ...named];
}

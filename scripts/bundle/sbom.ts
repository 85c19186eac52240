import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A CycloneDX bill of what is bundled: the packages with their versions, licences
 * and the hashes that the lock file holds them to. No time and no serial number,
 * so that the same sources give the same bytes.
 */
export function renderSbom(root: string, packages: readonly string[]): string {
  const lock = readJson(join(root, 'package-lock.json')) as { packages: Record<string, { integrity?: string } | undefined> };
  const { name, license } = readJson(join(root, 'package.json')) as Record<string, string>;
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { 'type': 'library', 'bom-ref': name, name, 'licenses': [{ license: { id: license } }] } },
    components: packages.map((folder) => componentOf(root, folder, lock.packages[folder]?.integrity)),
    dependencies: [{ ref: name, dependsOn: packages.map((folder) => purlOf(packageOf(root, folder))) }],
  };
  return JSON.stringify(bill, undefined, 2) + '\n';
}

function componentOf(root: string, folder: string, integrity: string | undefined): object {
  const { name, version, license } = packageOf(root, folder);
  const purl = purlOf({ name, version });
  const hash = /^sha512-(.+)$/.exec(integrity ?? '')?.[1];
  if (hash === undefined) throw new Error(`package-lock.json has no sha512 of ${folder}`);
  const [group, own] = name.startsWith('@') ? name.split('/') as [string, string] : [undefined, name];
  return {
    'type': 'library',
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    'name': own,
    version,
    purl,
    'licenses': [{ license: { id: license } }],
    'hashes': [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }],
  };
}

type Package = Record<'name' | 'version' | 'license', string>;

const packageOf = (root: string, folder: string): Package => readJson(join(root, folder, 'package.json')) as Package;

const purlOf = ({ name, version }: Pick<Package, 'name' | 'version'>): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

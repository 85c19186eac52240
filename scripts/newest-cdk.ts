import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PEERS = ['aws-cdk-lib', 'constructs'];

/** Runs the tests of the constructs against the newest versions that the peer ranges allow; development uses the oldest. */
function main(root: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'newest-cdk-'));
  try {
    const { peerDependencies } = readJson(join(root, 'package.json'));
    const wanted = PEERS.map((name) => `${name}@${peerDependencies[name]}`);
    execFileSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...wanted], { stdio: 'inherit' });
    const installed = PEERS.map((name) => `${name} ${readJson(join(folder, 'node_modules', name, 'package.json')).version}`);
    console.log(`Constructs with ${installed.join(', ')}`);

    const config = {
      ...readJson(join(root, 'jest.config.json')),
      rootDir: root,
      moduleNameMapper: { [`^(${PEERS.join('|')})(/.*)?$`]: `${join(folder, 'node_modules')}/$1$2` },
    };
    const file = join(folder, 'jest.config.json');
    writeFileSync(file, JSON.stringify(config));
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const args = ['--no-warnings', jest, '--config', file, 'test/constructs', 'test/integ/nag'];
    return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const readJson = (file: string): any => JSON.parse(readFileSync(file, 'utf8'));

process.exitCode = main(join(__dirname, '..'));

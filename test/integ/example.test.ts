import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { undeployable } from '../support/deployability';

const ROOT = join(__dirname, '..', '..');

/** The example as `cdk synth` makes it, in a process of its own. */
function synthesized(): string {
  const outdir = mkdtempSync(join(tmpdir(), 'example-'));
  execFileSync(process.execPath, ['--import', 'tsx', 'bin/app.ts'], {
    cwd: ROOT,
    env: { ...process.env, CDK_OUTDIR: outdir, JSII_DEPRECATED: 'quiet', NODE_OPTIONS: '' },
    stdio: 'ignore',
  });
  return outdir;
}

const bytesOf = (folder: string): Record<string, string> => Object.fromEntries(
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => [relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')])
    .sort(),
);

const folders: string[] = [];
beforeAll(() => void folders.push(synthesized(), synthesized()));
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

test('the example synthesized twice is the same to the byte: templates, manifests and assets', () => {
  const [once, again] = folders.map(bytesOf);
  expect(Object.keys(once!)).toEqual(expect.arrayContaining(['Shop.template.json', 'Shop.assets.json', 'manifest.json']));
  expect(Object.keys(once!).some((file) => /^asset\.[0-9a-f]+\/cdk-idempotent-api\/handler\.mjs$/.test(file))).toBe(true);
  expect(again).toEqual(once);
});

test('the templates of the example can be deployed', () => {
  expect(undeployable(new CloudAssembly(folders[0]!))).toEqual([]);
});

test('the logical ids of the example are a contract', () => {
  const { Resources } = JSON.parse(readFileSync(join(folders[0]!, 'Shop.template.json'), 'utf8')) as { Resources: Record<string, { Type: string }> };
  const ids = Object.entries(Resources).map(([id, { Type }]) => `${Type} ${id}`).sort();
  expect(ids).toEqual([
    'AWS::ApiGatewayV2::Api ApiHttpApi4C294DC0',
    'AWS::ApiGatewayV2::Integration ApiHttpApiPOSTordersIntegrationBBD9385B',
    'AWS::ApiGatewayV2::Integration ApiHttpApiPOSTpaymentsIntegrationD625F1D7',
    'AWS::ApiGatewayV2::Route ApiHttpApiPOSTordersA9636FAA',
    'AWS::ApiGatewayV2::Route ApiHttpApiPOSTpayments5B82CF00',
    'AWS::ApiGatewayV2::Stage ApiHttpApiDefaultStageE708EF42',
    'AWS::DynamoDB::GlobalTable ApiTableAA898143',
    'AWS::IAM::Policy CreateOrderRoleDefaultPolicy6157F5C4',
    'AWS::IAM::Policy CreatePaymentRoleDefaultPolicyFCDE7394',
    'AWS::IAM::Role CreateOrderRoleF81005A6',
    'AWS::IAM::Role CreatePaymentRole4BDD4366',
    'AWS::Lambda::Function CreateOrder18B1EE4A',
    'AWS::Lambda::Function CreatePayment2C1C0A11',
    'AWS::Lambda::LayerVersion IdempotencyLayerF654E087',
    'AWS::Lambda::Permission ApiHttpApiPOSTordersIntegrationPermission9FCF3E29',
    'AWS::Lambda::Permission ApiHttpApiPOSTpaymentsIntegrationPermissionE717C289',
    'AWS::Logs::LogGroup CreateOrderLogsDBC8C1AA',
    'AWS::Logs::LogGroup CreatePaymentLogsE97C4F9D',
  ]);
});

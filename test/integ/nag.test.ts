import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ShopStack } from '../../bin/shop-stack';
import { stack as attach } from '../../integ/integ.attach';
import { stack as httpApi } from '../../integ/integ.http-api';
import { stack as relay } from '../../integ/integ.relay';
import { stack as restApi } from '../../integ/integ.rest-api';

// Nothing here looks into the handlers, which take a second to bundle.
const shop = new ShopStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shop');

const findingsOf = (stack: Stack): string[] =>
  new AwsSolutionsChecks(stack).validateScope(stack).violations
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`));

/** Reasons by rule id, without the prefix that the CDK puts before it. */
const acknowledgedIn = (stack: Stack): ReadonlyMap<string, string> =>
  new Map(stack.node.findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries<string>(data))
    .map(([id, reason]) => [id.replace(/^annotation::/i, ''), reason]));

test.each([['the example', shop], ['integ.http-api', httpApi], ['integ.rest-api', restApi], ['integ.attach', attach], ['integ.relay', relay]])(
  'AwsSolutions finds nothing in %s that is not acknowledged there, with a reason', (_name, stack) => {
    expect(findingsOf(stack)).toEqual([]);
    for (const reason of acknowledgedIn(stack).values()) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });

test('the example acknowledges only what is due to its having no users', () => {
  expect([...acknowledgedIn(shop).keys()]).toEqual(['AwsSolutions-APIG1', 'AwsSolutions-APIG4']);
});

test('an acknowledgment is what silences a finding', () => {
  const api = shop.node.findChild('Api');
  const metadata = jest.spyOn(api.node, 'metadata', 'get').mockReturnValue([]);
  const findings = findingsOf(shop);
  metadata.mockRestore();
  expect(findings).toEqual([
    'AwsSolutions-APIG1 Shop/Api/HttpApi/DefaultStage/Resource',
    'AwsSolutions-APIG4 Shop/Api/HttpApi/POST--payments/Resource',
    'AwsSolutions-APIG4 Shop/Api/HttpApi/POST--orders/Resource',
  ]);
});

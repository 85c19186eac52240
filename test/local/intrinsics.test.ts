import { holds, resolve, resolveString, type Scope } from '../../local/intrinsics';

const scope: Scope = {
  ref: (name) => ({ 'AWS::Region': 'us-east-1', 'AWS::NoValue': undefined, 'Table': 'records', 'List': ['a', 'b'] })[name],
  attribute: (id, attribute) => `${id}/${attribute}`,
  importValue: (name) => `imported ${name}`,
  stackOutput: (stack, output, region) => `${output} of ${stack}${region === undefined ? '' : ` in ${region}`}`,
  condition: (name) => name === 'IsProd',
  mapped: (...keys) => ({ 'Sizes/eu-west-1/memory': 256, 'Sizes/us-east-1/zones': ['a', 'b'] } as Record<string, unknown>)[keys.join('/')],
  dynamicReference: (service, reference) => `<${service} ${reference}>`,
};
const value = (template: unknown) => resolve(template, scope, 'here');

test.each([
  ['a literal', 'text', 'text'],
  ['a number', 5, 5],
  ['null', null, null],
  ['Ref', { Ref: 'Table' }, 'records'],
  ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Fn', 'Arn'] }, 'Fn/Arn'],
  ['Fn::GetAtt with dots', { 'Fn::GetAtt': 'Nested.Outputs.Name' }, 'Nested/Outputs.Name'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }, 7]] }, 'a-records-7'],
  ['Fn::Join of a list', { 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
  ['Fn::Split', { 'Fn::Split': [':', 'a:b'] }, ['a', 'b']],
  ['Fn::Select', { 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
  ['Fn::Sub', { 'Fn::Sub': 'x-${Table}-${AWS::Region}-${Fn.Arn}-${!Table}' }, 'x-records-us-east-1-Fn/Arn-${Table}'],
  ['Fn::Sub with names of its own', { 'Fn::Sub': ['${Own}-${Table}', { Own: { Ref: 'AWS::Region' } }] }, 'us-east-1-records'],
  ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Join': [':', ['a', 'b']] } }, 'imported a:b'],
  ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O' } }, 'O of S'],
  ['Fn::GetStackOutput of a region', { 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O', Region: { Ref: 'AWS::Region' } } }, 'O of S in us-east-1'],
  ['Fn::If that holds', { 'Fn::If': ['IsProd', { Ref: 'Table' }, 'none'] }, 'records'],
  ['Fn::If that does not', { 'Fn::If': ['IsBeta', { 'Fn::Cidr': [] }, { 'Fn::If': ['IsProd', 1, 2] }] }, 1],
  ['Fn::If without a value', { A: { 'Fn::If': ['IsBeta', 'x', { Ref: 'AWS::NoValue' }] }, B: 1 }, { B: 1 }],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'eu-west-1', 'memory'] }, 256],
  ['Fn::FindInMap of what other functions name', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, { 'Fn::Join': ['', ['zo', 'nes']] }] }, ['a', 'b']],
  ['Fn::FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'x', 'y', { DefaultValue: { Ref: 'Table' } }] }, 'records'],
  ['Fn::Base64', { 'Fn::Base64': { Ref: 'Table' } }, 'cmVjb3Jkcw=='],
  ['Fn::Length', { 'Fn::Length': { Ref: 'List' } }, 2],
  ['Fn::ToJsonString', { 'Fn::ToJsonString': { A: { Ref: 'Table' } } }, '{"A":"records"}'],
  ['a dynamic reference', '{{resolve:ssm:/shop/currency:1}}', '<ssm /shop/currency:1>'],
  ['a dynamic reference among text, put together', { 'Fn::Join': ['', ['a {{resolve:ssm:/', { Ref: 'Table' }, '}} b']] }, 'a <ssm /records> b'],
  ['an object', { A: { Ref: 'Table' }, B: [{ Ref: 'Table' }] }, { A: 'records', B: ['records'] }],
  ['AWS::NoValue', { A: { Ref: 'AWS::NoValue' }, B: [{ Ref: 'AWS::NoValue' }, 1] }, { B: [1] }],
])('%s is evaluated', (_, template, expected) => {
  expect(value(template)).toEqual(expected);
});

test.each(['Fn::Cidr', 'Fn::GetAZs', 'Fn::Transform'])('%s is named where it stands', (name) => {
  expect(() => value({ Name: { [name]: [] } })).toThrow(new RegExp(`^here uses ${name}`));
});

test.each([
  ['an index past the end', { 'Fn::Select': [2, ['a']] }],
  ['a join of no list', { 'Fn::Join': ['-', 'text'] }],
  ['a split without a source', { 'Fn::Split': [':'] }],
  ['a choice of one', { 'Fn::If': ['IsProd', 1] }],
])('%s is refused, naming the place', (_, template) => {
  expect(() => value(template)).toThrow(/^here: Fn::/);
});

test('what must be a string and is none is refused', () => {
  expect(() => resolveString({ Ref: 'List' }, scope, 'here')).toThrow('here is not a string');
});

test.each([
  ['Ref', { toString: null }],
  ['Fn::GetAtt', [{ toString: null }, 'Arn']],
  ['Fn::Join', [{ toString: null }, ['a', 'b']]],
  ['Fn::Split', [{ toString: null }, 'a-b']],
  ['Fn::Select', [{ toString: null }, ['a']]],
  ['Fn::Sub', { toString: null }],
  ['Fn::If', [{ toString: null }, 'a', 'b']],
])('%s with an object where its text belongs is refused', (name, argument) => {
  expect(() => value({ [name]: argument })).toThrow(expect.objectContaining({ code: 'TEMPLATE_UNSUPPORTED' }));
});

test('what a map does not hold is refused, naming the map and the keys', () => {
  expect(() => value({ 'Fn::FindInMap': ['Sizes', 'eu-west-1', 'disk'] })).toThrow('here: the map Sizes has no value for eu-west-1, disk');
});

describe('a condition', () => {
  test.each<[string, unknown, boolean]>([
    ['Fn::Equals', { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }, true],
    ['Fn::Equals of text and what is written otherwise', { 'Fn::Equals': [true, 'true'] }, true],
    ['Fn::Equals of what differs', { 'Fn::Equals': ['a', 'b'] }, false],
    ['Fn::Not', { 'Fn::Not': [{ Condition: 'IsProd' }] }, false],
    ['Fn::And', { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsBeta' }] }, false],
    ['Fn::Or', { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'IsBeta' }] }, true],
  ])('%s is evaluated', (_, condition, expected) => {
    expect(holds(condition, scope, 'here')).toBe(expected);
  });

  test('of another function is named where it stands', () => {
    expect(() => holds({ 'Fn::Contains': [[], 'a'] }, scope, 'here')).toThrow('here uses Fn::Contains, which is no condition');
  });
});

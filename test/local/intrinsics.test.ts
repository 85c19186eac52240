import { resolve, resolveString, type Scope } from '../../local/intrinsics';

const scope: Scope = {
  ref: (name) => ({ 'AWS::Region': 'us-east-1', 'AWS::NoValue': undefined, 'Table': 'records', 'List': ['a', 'b'] })[name],
  attribute: (id, attribute) => `${id}/${attribute}`,
  importValue: (name) => `imported ${name}`,
  stackOutput: (stack, output) => `${output} of ${stack}`,
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
  ['an object', { A: { Ref: 'Table' }, B: [{ Ref: 'Table' }] }, { A: 'records', B: ['records'] }],
  ['AWS::NoValue', { A: { Ref: 'AWS::NoValue' }, B: [{ Ref: 'AWS::NoValue' }, 1] }, { B: [1] }],
])('%s is evaluated', (_, template, expected) => {
  expect(value(template)).toEqual(expected);
});

test.each(['Fn::FindInMap', 'Fn::If', 'Fn::Cidr', 'Fn::Transform'])('%s is named where it stands', (name) => {
  expect(() => value({ Name: { [name]: [] } })).toThrow(new RegExp(`^here uses ${name}`));
});

test.each([
  ['an index past the end', { 'Fn::Select': [2, ['a']] }],
  ['a join of no list', { 'Fn::Join': ['-', 'text'] }],
  ['a split without a source', { 'Fn::Split': [':'] }],
])('%s is refused, naming the place', (_, template) => {
  expect(() => value(template)).toThrow(/^here: Fn::/);
});

test('what must be a string and is none is refused', () => {
  expect(() => resolveString({ Ref: 'List' }, scope, 'here')).toThrow('here is not a string');
});

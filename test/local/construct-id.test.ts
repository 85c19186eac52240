import { constructIds } from '../../local/construct-id';

const idsOf = (...paths: (string | [stack: string, path: string])[]) => {
  const resources = paths.map((place) => {
    const [stack, constructPath] = typeof place === 'string' ? ['Stack', place] : place;
    return { constructPath: constructPath!, stack: { path: stack! } };
  });
  return [...constructIds(resources).values()];
};

test.each([
  ['HttpApi/Resource', 'HttpApi'],
  ['Payments/HttpApi/Resource', 'Payments'],
  ['Payments/RestApi/Resource', 'Payments'],
  ['Backend/Payments/HttpApi/Resource', 'Payments'],
  ['Fn/FunctionUrl/Resource', 'Fn'],
  ['Records/Resource/Resource', 'Records'],
  ['Payments/Table/Resource/Resource', 'Table'],
  ['Default', 'Default'],
  ['MyApiF5A9', 'MyApiF5A9'],
])('%s is known as %s', (path, id) => {
  expect(idsOf(path)).toEqual([id]);
});

test('two of one name are told apart by their paths', () => {
  expect(idsOf('Payments/Table/Resource/Resource', 'Orders/Table/Resource/Resource')).toEqual(['Payments/Table', 'Orders/Table']);
});

test('two of one path are told apart by their stacks', () => {
  expect(idsOf(['Beta/Shop', 'Api/HttpApi/Resource'], ['Prod/Shop', 'Api/HttpApi/Resource'])).toEqual(['Beta/Shop/Api/HttpApi', 'Prod/Shop/Api/HttpApi']);
});

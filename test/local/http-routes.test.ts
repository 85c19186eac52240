import { matchRoute } from '../../local/fronts/http-routes';

const routesOf = (...keys: string[]) => keys.map((key) => ({ key, target: undefined }));
const matched = (keys: string[], method: string, path: string) => matchRoute(routesOf(...keys), method, path)?.route.key;

// The example of "Create routes for HTTP APIs" in the API Gateway developer guide.
const documented = ['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}', '$default'];

test.each([
  ['GET', '/pets/dog/1', 'GET /pets/dog/1'],
  ['GET', '/pets/dog/2', 'GET /pets/dog/{id}'],
  ['GET', '/pets/cat/1', 'GET /pets/{proxy+}'],
  ['POST', '/test/5', 'ANY /{proxy+}'],
  ['POST', '/', '$default'],
])('%s %s selects %s among the documented routes', (method, path, key) => {
  expect(matched(documented, method, path)).toBe(key);
  expect(matched([...documented].reverse(), method, path)).toBe(key);
});

test.each([
  ['a static segment before a variable', ['GET /{a}/b', 'GET /x/{b}'], 'GET', '/x/b', 'GET /x/{b}'],
  ['a variable before a greedy one', ['ANY /{p+}', 'GET /{a}'], 'GET', '/x', 'GET /{a}'],
  ['the method before ANY', ['ANY /a', 'POST /a'], 'POST', '/a', 'POST /a'],
  ['ANY where the method has no route', ['ANY /a', 'POST /a'], 'PUT', '/a', 'ANY /a'],
  ['the path before the method', ['POST /{a}', 'ANY /a'], 'POST', '/a', 'ANY /a'],
  ['another route where the best path has another method', ['GET /a', 'POST /{a}'], 'POST', '/a', 'POST /{a}'],
  ['the root', ['GET /', 'GET /{a}'], 'GET', '/', 'GET /'],
])('%s', (_, keys, method, path, expected) => {
  expect(matched(keys, method, path)).toBe(expected);
});

test.each([
  ['another method', ['GET /a'], 'POST', '/a'],
  ['a trailing slash', ['GET /a'], 'GET', '/a/'],
  ['an empty variable', ['GET /a/{id}'], 'GET', '/a/'],
  ['nothing below a greedy route', ['GET /a/{proxy+}'], 'GET', '/a'],
  ['other case', ['GET /a'], 'GET', '/A'],
  ['one segment more', ['GET /a/{id}'], 'GET', '/a/1/2'],
])('%s finds no route', (_, keys, method, path) => {
  expect(matched(keys, method, path)).toBeUndefined();
});

test('the variables of the route come along', () => {
  expect(matchRoute(routesOf('GET /a/{id}/b/{rest+}'), 'GET', '/a/7/b/c/d')?.pathParameters).toEqual({ id: '7', rest: 'c/d' });
  expect(matchRoute(routesOf('$default'), 'GET', '/a')?.pathParameters).toEqual({});
});

import { lambdaNodeFlags } from '../../../local/lambda/runtimes/node-flags';

test.each([
  ['20.20.2', '', ['--no-experimental-require-module']],
  ['20.11.0', '', []],
  ['22.14.0', '', ['--no-experimental-require-module', '--no-experimental-detect-module']],
  ['22.14.0', '--experimental-require-module', ['--no-experimental-detect-module']],
  ['24.21.0', '', []],
])('Node %s with NODE_OPTIONS "%s" gets the flags that Lambda sets', (version, nodeOptions, flags) => {
  expect(lambdaNodeFlags(version, nodeOptions)).toEqual(flags);
});

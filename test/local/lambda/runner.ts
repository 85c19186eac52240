import { createFunction } from '../../../local/lambda/function-pool';

/** A process that runs a function of a folder for as long as it is left to. */
const [codeDirectory, runtime] = process.argv.slice(2);
const fn = createFunction({
  id: 'Sleeper',
  name: 'sleeper',
  handler: 'index.handler',
  runtime,
  timeoutSeconds: 900,
  memoryMb: 128,
  environment: {},
  codeDirectory,
  layerDirectories: [],
  maxSandboxes: 1,
}, { onLog: ({ line }) => process.stdout.write(`${line}\n`) });
void fn.invoke('request-1', {});

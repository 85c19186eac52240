'use strict';

// Preloaded into a sandbox before AWS's runtime interface client. Processes and
// threads that a function starts inherit the flag that preloads this file, but
// not the variable: it does nothing in them.
const VARIABLE = 'CDK_IDEMPOTENT_API_SANDBOX';

const raw = process.env[VARIABLE];
delete process.env[VARIABLE];
if (raw !== undefined) {
  const Module = require('node:module');
  const { Socket } = require('node:net');
  const { createRapidClient } = require('./rapid-client.cjs');
  const { installResolution } = require('./resolution.cjs');
  const { mark, sdkRoots } = JSON.parse(raw);

  // Descriptor 3 ends when the runner is gone, however it went. Whatever the
  // handler is doing then, nobody waits for it.
  const lifeline = new Socket({ fd: 3, readable: true, writable: false });
  for (const event of ['end', 'error', 'close']) {
    lifeline.on(event, () => process.kill(process.pid, 'SIGKILL'));
  }
  lifeline.resume();
  lifeline.unref();

  const client = createRapidClient(process.env.AWS_LAMBDA_RUNTIME_API, mark);
  const load = Module._load;
  Module._load = function (request, ...rest) {
    return request === './rapid-client.node' ? client : load.call(this, request, ...rest);
  };
  installResolution(sdkRoots);
}

'use strict';

const { Agent, request } = require('node:http');

const PREFIX = '/2018-06-01/runtime/invocation/';

/**
 * What the native part of the runtime interface client does, over the Runtime
 * API's HTTP. There `done` and `error` block until the answer is posted; here
 * `next` waits for it.
 *
 * @param {string} api host and port of the Runtime API
 * @param {string} mark written to both outputs as a line once an invocation is over
 */
exports.createRapidClient = function createRapidClient(api, mark) {
  const [hostname, port] = api.split(':');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // Taken before a handler can replace them.
  const outputs = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  let posting = Promise.resolve();
  let isInInvocation = false;

  function send(method, path, body) {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
      const outgoing = request({ hostname, port, path, method, agent, headers }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    }).catch(() => process.kill(process.pid, 'SIGKILL'));
  }

  function post(id, action, body) {
    if (typeof id !== 'string' || typeof body !== 'string') {
      throw new TypeError('Wrong arguments');
    }
    posting = send('POST', `${PREFIX}${id}/${action}`, body).then(({ status }) => {
      if (status >= 400) {
        const kind = action === 'response' ? 'success response' : 'failure';
        process.stderr.write(`LAMBDA_RUNTIME Failed to post handler ${kind}. Http response code: ${status}.\n`);
      }
    });
  }

  return {
    async next() {
      await posting;
      if (isInInvocation) {
        outputs.forEach(({ stream, write }) => write.call(stream, `${mark}\n`));
      }
      const { headers, body } = await send('GET', `${PREFIX}next`);
      isInInvocation = true;
      return { bodyJson: body, headers };
    },
    done: (id, body) => post(id, 'response', body),
    error: (id, body) => post(id, 'error', body),
  };
};

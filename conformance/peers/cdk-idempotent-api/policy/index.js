/** What the API publishes about its keys, as the app wrote it beside this file. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const body = readFileSync(join(__dirname, 'policy.json'), 'utf8');

exports.handler = async () => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body });

/** What the suite asks to see and to release. */
const { existsSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const json = (value) => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

exports.handler = async ({ requestContext, httpMethod, queryStringParameters }) => {
  const file = join(process.env.EFFECTS, (queryStringParameters?.mark ?? '').replace(/[^\w-]/g, '_'));
  if ((httpMethod ?? requestContext.http.method) === 'POST') writeFileSync(`${file}.released`, '');
  return json({ runs: existsSync(file) ? statSync(file).size : 0, acts: ['answer', 'hold', 'throw', 'exit', 'hang'] });
};

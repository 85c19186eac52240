import { buildApp } from 'fauxqs';

const url = await buildApp({ logger: false }).listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${url}\n`);

import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import nest from '@nestjs/common';
import core from '@nestjs/core';
import plugin from '@node-idempotency/nestjs';
import { counts, effect, release } from '../../fixtures/express.mjs';
import { authenticate, ready } from '../guard.mjs';

const { Controller, HttpException, Module, Post, Req, Res } = nest;
const { Idempotent, NodeIdempotencyModule } = plugin;

/** What the fixture does in a middleware's place, where Nest wants a value: its interceptors see values alone. */
const valueOf = (req, res) => new Promise((resolve, reject) => {
  const answer = {
    status: (code) => (res.status(code), answer),
    set: (headers) => (res.set(headers), answer),
    send: (body) => resolve(res.statusCode < 400 ? body : Promise.reject(new HttpException(body, res.statusCode))),
  };
  effect(req, answer, (error) => (error === undefined ? resolve({ id: randomUUID() }) : reject(error))).catch(reject);
});

class Payments {
  create(req, res) { return valueOf(req, res); }
  refund(req, res) { return valueOf(req, res); }
  brief(req, res) { return valueOf(req, res); }
}

const decorate = (name, ...decorators) => {
  Req()(Payments.prototype, name, 0);
  Res({ passthrough: true })(Payments.prototype, name, 1);
  Reflect.decorate(decorators, Payments.prototype, name, Object.getOwnPropertyDescriptor(Payments.prototype, name));
};
decorate('create', Post('payments'), Idempotent({}));
decorate('refund', Post('refunds'), Idempotent({}));
decorate('brief', Post('brief'), Idempotent({ cacheTTLMS: 2000 }));
Controller()(Payments);

class App {}
Module({ imports: [NodeIdempotencyModule.forRootAsync({ storage: { adapter: 'memory' } })], controllers: [Payments] })(App);

const app = await core.NestFactory.create(App, { logger: false, bodyParser: false });
const http = app.getHttpAdapter().getInstance();
const { default: express } = await import('express');
http.get('/effects', counts);
http.post('/effects', release);
app.use(authenticate, express.json({ limit: '10mb' }), express.urlencoded({ extended: false }));
await app.listen(0, '127.0.0.1');
ready(app.getHttpServer(), (url) => ({
  url: `${url}/payments`, ttl: 2, lease: 2, routes: { other: `${url}/refunds`, brief: `${url}/brief` },
}));

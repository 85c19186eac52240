import { randomUUID } from 'node:crypto';
import express from 'express';
import idempotency from 'express-idempotency';
import { counts, effect, release } from '../../fixtures/express.mjs';
import { authenticate, ready } from '../guard.mjs';

const app = express();
app.get('/effects', counts);
app.post('/effects', release);
app.use(authenticate, express.json({ limit: '10mb' }), express.urlencoded({ extended: false }));
app.post('*', idempotency.idempotency());

const unlessHit = (req, res, next) => {
  if (!idempotency.getSharedIdempotencyService().isHit(req)) next();
};
app.post(['/payments', '/refunds'], unlessHit, effect, (req, res) => res.status(201).json({ id: randomUUID() }));

const server = app.listen(0, '127.0.0.1', () => ready(server, (url) => ({ url: `${url}/payments`, routes: { other: `${url}/refunds` } })));

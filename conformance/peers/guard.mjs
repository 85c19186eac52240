/** What stands in front of any API: callers are told apart by their tokens before anything else happens. */
export const TOKENS = { a: 'token-of-a', b: 'token-of-b' };

export const authenticate = (req, res, next) => {
  const account = Object.entries(TOKENS).find(([, token]) => req.headers.authorization === `Bearer ${token}`)?.[0];
  if (account === undefined) return res.status(401).json({ message: 'Unauthorized' });
  req.account = account;
  return next();
};

/** Tells whoever started this server where it is and what it has, in one line, and goes on until it is ended. */
export function ready(server, targetAt) {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ ready: { effects: `${url}/effects`, tokenA: TOKENS.a, tokenB: TOKENS.b, ...targetAt(url) } }));
  // Whoever started it is gone.
  process.stdin.resume().once('end', () => process.exit());
}

let requests = 0;

/** As Lambda would give it, with 29 s left. */
export const contextOf = () => {
  const end = Date.now() + 29_000;
  return {
    awsRequestId: `00000000-0000-4000-8000-${String(++requests).padStart(12, '0')}`, functionName: 'bench', functionVersion: '$LATEST', memoryLimitInMB: '1024',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:bench', getRemainingTimeInMillis: () => end - Date.now(),
  };
};

const BODY = JSON.stringify({ amount: 100, currency: 'EUR', account: 'acc_1', note: 'x'.repeat(120) });

/** `POST /payments` of an HTTP API with a JWT authorizer. */
export const LAMBDA_EVENT = (key) => ({
  version: '2.0',
  routeKey: 'POST /payments',
  rawPath: '/payments',
  rawQueryString: '',
  headers: {
    'accept': '*/*', 'content-length': String(BODY.length), 'content-type': 'application/json', 'host': 'api.example.com', 'idempotency-key': key,
    'user-agent': 'bench', 'x-amzn-trace-id': 'Root=1-65f0-0123456789abcdef01234567', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-port': '443', 'x-forwarded-proto': 'https',
  },
  requestContext: {
    accountId: '123456789012', apiId: 'api', domainName: 'api.example.com', domainPrefix: 'api',
    authorizer: { jwt: { claims: { account_id: 'account-1', sub: 'user-1', iss: 'https://issuer.example.com' }, scopes: null } },
    http: { method: 'POST', path: '/payments', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' },
    requestId: 'request', routeKey: 'POST /payments', stage: '$default', time: '01/Jan/2026:00:00:00 +0000', timeEpoch: 1767225600000,
  },
  body: BODY,
  isBase64Encoded: false,
});

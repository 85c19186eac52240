/** What all the others wrap. */
export const handler = async () => ({ statusCode: 201, headers: { 'content-type': 'application/json' }, body: '{"id":"pay_1","amount":100,"status":"created"}' });

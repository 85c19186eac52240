/** Whoever has a token is the account that the token names. */
exports.handler = async ({ authorizationToken = '', methodArn }) => {
  const account = /^Bearer account-(\w+)$/.exec(authorizationToken)?.[1];
  if (account === undefined) throw new Error('Unauthorized');
  return {
    principalId: account,
    context: { account_id: account },
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn.replace(/\/[^/]+\/[A-Z]+\/.*$/, '/*') }] },
  };
};

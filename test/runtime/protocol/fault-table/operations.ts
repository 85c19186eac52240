/** The requests that the runtime makes of DynamoDB, told apart by what is in them. */
export type Operation = 'claim' | 'complete' | 'release' | 'read' | 'commit' | 'body put' | 'body get';

interface Input {
  readonly Key?: { readonly id?: { readonly S?: string } };
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string }>>;
  readonly ReturnValues?: string;
}

export function operationOf(target: string, body: string): Operation {
  if (target.endsWith('.TransactWriteItems')) return 'commit';
  const { Key, ExpressionAttributeValues = {}, ReturnValues } = JSON.parse(body) as Input;
  const isBody = Key?.id?.S?.includes('/') === true;
  if (target.endsWith('.GetItem')) return isBody ? 'body get' : 'read';
  if (isBody) return 'body put';
  if (ReturnValues === 'ALL_OLD') return 'claim';
  return Object.values(ExpressionAttributeValues).some(({ S }) => S === 'C') ? 'complete' : 'release';
}

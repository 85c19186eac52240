import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Function as LambdaFunction, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { newFunction, newStack } from './support';
import { Idempotency } from '../../lib';

const WARNING = 'cdk-idempotent-api:sharedKeySpace';

const warnings = (stack: Stack): string[] => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(WARNING)).map(({ entry }) => String(entry.data));

interface Pair {
  readonly stack: Stack;
  readonly idempotency: Idempotency;
  readonly charge: LambdaFunction;
  readonly ship: LambdaFunction;
}

function pair(): Pair {
  const stack = newStack();
  return { stack, idempotency: new Idempotency(stack, 'Idempotency'), charge: newFunction(stack, 'Charge'), ship: newFunction(stack, 'Ship') };
}

const route = (stack: Stack, id: string, fn: LambdaFunction, path: string, methods = [HttpMethod.POST]): void =>
  void new HttpApi(stack, id).addRoutes({ path, methods, integration: new HttpLambdaIntegration(`${id}Integration`, fn) });

const withUrls = ({ charge, ship }: Pair): void => [charge, ship].forEach((fn) => fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }));

describe('F228: two functions of one construct share their keys', () => {
  test('behind a function URL each: warned of by name', () => {
    const made = pair();
    made.idempotency.attach(made.charge);
    made.idempotency.attach(made.ship);
    withUrls(made);
    expect(warnings(made.stack)).toEqual([expect.stringMatching(
      /^Stack\/Idempotency: keys of the same method and path are shared by Stack\/Charge behind Stack\/Charge\/FunctionUrl and Stack\/Ship behind Stack\/Ship\/FunctionUrl: .*namespace/,
    )]);
  });

  test.each<[string, HttpMethod[], HttpMethod[]]>([
    ['the same method', [HttpMethod.POST], [HttpMethod.POST]],
    ['any method of the first', [HttpMethod.ANY], [HttpMethod.POST]],
    ['any method of the second', [HttpMethod.POST], [HttpMethod.ANY]],
  ])('on one path of two APIs, by %s: warned of', (_, ofCharge, ofShip) => {
    const { stack, idempotency, charge, ship } = pair();
    idempotency.attach(charge);
    idempotency.attach(ship);
    route(stack, 'One', charge, '/orders', ofCharge);
    route(stack, 'Two', ship, '/orders', ofShip);
    expect(warnings(stack)).toEqual([expect.stringContaining('Stack/Charge behind Stack/One and Stack/Ship behind Stack/Two')]);
  });

  test.each<[string, (made: Pair) => void]>([
    ['a namespace of its own', (made) => {
      made.idempotency.attach(made.charge);
      made.idempotency.attach(made.ship, { namespace: 'shipping' });
      withUrls(made);
    }],
    ['a namespace of its own on the route', ({ stack, idempotency, charge, ship }) => {
      idempotency.attach(charge);
      idempotency.attach(ship, { routes: { 'POST /orders': { namespace: 'shipping' } } });
      route(stack, 'One', charge, '/orders');
      route(stack, 'Two', ship, '/orders');
    }],
    ['a namespace each that only the deployment knows', (made) => {
      const named = (id: string): string => new CfnParameter(made.stack, id).valueAsString;
      made.idempotency.attach(made.charge, { namespace: named('ChargeName') });
      made.idempotency.attach(made.ship, { namespace: named('ShipName') });
      withUrls(made);
    }],
    ['a key secret each', (made) => {
      const secret = (id: string) => ({ keySecret: new Secret(made.stack, id) });
      made.idempotency.attach(made.charge, secret('ChargeSecret'));
      made.idempotency.attach(made.ship, secret('ShipSecret'));
      withUrls(made);
    }],
    ['another path', ({ stack, idempotency, charge, ship }) => {
      idempotency.attach(charge);
      idempotency.attach(ship);
      route(stack, 'One', charge, '/orders');
      route(stack, 'Two', ship, '/parcels');
    }],
    ['another method', ({ stack, idempotency, charge, ship }) => {
      idempotency.attach(charge);
      idempotency.attach(ship);
      route(stack, 'One', charge, '/orders');
      route(stack, 'Two', ship, '/orders', [HttpMethod.PUT]);
    }],
    ['a front that tells no template', ({ stack, idempotency, charge, ship }) => {
      idempotency.attach(charge);
      idempotency.attach(ship);
      charge.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
      new HttpApi(stack, 'Two', { defaultIntegration: new HttpLambdaIntegration('ShipIntegration', ship) });
    }],
    ['one function behind both', ({ stack, idempotency, charge }) => {
      idempotency.attach(charge);
      route(stack, 'One', charge, '/orders');
      route(stack, 'Two', charge, '/orders');
    }],
    ['a construct of its own', (made) => {
      made.idempotency.attach(made.charge);
      new Idempotency(made.stack, 'Other').attach(made.ship);
      withUrls(made);
    }],
  ])('%s: nothing is shared, and nothing is warned of', (_, make) => {
    const made = pair();
    make(made);
    expect(warnings(made.stack)).toEqual([]);
  });
});

/** What an API publishes of its errors, against what the runtime answers under the same settings: the latter says what the former must be. */
import { Duration, Token } from 'aws-cdk-lib';
import { AuthorizationType } from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { newFunction, newStack } from './support';
import { ErrorFormat, Idempotency, IdempotencySettings, IdempotentApi, IdempotentRestApi, KeyTime, TenantSource } from '../../lib';
import { ENV } from '../../lib/contract';
import { OUTCOMES, type IdempotencyErrorCode } from '../../runtime/response/outcomes';
import { MemoryStore } from '../../runtime/stores/memory/memory-store';
import { httpApiEvent, type TestAuthorizer } from '../../runtime/testing/events';
import { faultyStore } from '../../runtime/testing/faulty-store';
import { seen, type Seen } from '../support/fronts';
import { Shop, gate, settled } from '../support/shop';

const DAY = 86_400_000;
const CLIENT_TIME = 'Repeatability-First-Sent';

/** An API as it is deployed with some settings, and who may call it. */
interface Deployed {
  readonly environment: Readonly<Record<string, string>>;
  readonly hasAuthorizer: boolean;
  readonly published: Readonly<Record<string, Published>>;
}

interface Published {
  readonly content: Readonly<Record<string, { readonly example?: Answered['body']; readonly examples?: Readonly<Record<string, { readonly value: Answered['body'] }>> }>>;
}

const stack = newStack();
let apis = 0;

function deploy(settings: IdempotencySettings, hasAuthorizer: boolean): Deployed {
  const id = `Api${++apis}`;
  const handler = newFunction(stack, `${id}Fn`);
  const api = new IdempotentApi(stack, id, { errorFormat: ErrorFormat.JSON, ...settings });
  api.addRoutes({
    path: '/payments',
    methods: [HttpMethod.POST],
    handler,
    ...hasAuthorizer ? { authorizer: new HttpJwtAuthorizer(`${id}Jwt`, 'https://issuer.example', { jwtAudience: ['shop'] }) } : {},
  });
  const { variables } = stack.resolve((handler.node.defaultChild as CfnFunction).environment) as { variables: Record<string, string> };
  const wire = variables[ENV.SETTINGS]!;
  return {
    environment: { [ENV.SETTINGS]: wire },
    hasAuthorizer,
    published: api.idempotencyPolicy().paths['/payments'].post.responses,
  };
}

interface Sent {
  readonly key?: string;
  readonly time?: number;
  readonly query?: string;
  /** Claims of the caller. */
  readonly identity?: Readonly<Record<string, string>>;
}

const SOMEBODY = { sub: 'u', iss: 'i', org: 'o' };

/** A client of such an API; its requests are those of somebody with an identity, where any can be told. */
class Client {
  public readonly shop: Shop;
  readonly #deployed: Deployed;

  public constructor(deployed: Deployed, props: { readonly store?: MemoryStore; readonly respond?: () => unknown } = {}) {
    this.#deployed = deployed;
    const { store, ...answers } = props;
    this.shop = new Shop({ environment: deployed.environment, options: store === undefined ? {} : { store }, ...answers });
  }

  /** A key that any of the settings takes, made now. */
  public key(): string {
    const hex = this.shop.clock.now().toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000001`;
  }

  public async send({ key, time = this.shop.clock.now(), query, identity = SOMEBODY }: Sent): Promise<Seen> {
    const authorizer: TestAuthorizer | undefined = this.#deployed.hasAuthorizer ? { jwt: identity } : undefined;
    return seen(await this.shop.raw(httpApiEvent({
      path: '/payments',
      body: 'amount=1',
      query,
      authorizer,
      headers: { [CLIENT_TIME]: new Date(time).toUTCString(), ...key === undefined ? {} : { 'Idempotency-Key': key } },
    })));
  }
}

/** How each error comes about, where the settings let it: what is answered then. */
const SITUATIONS: Readonly<Record<IdempotencyErrorCode, (deployed: Deployed) => Promise<Seen>>> = {
  IDEMPOTENCY_KEY_MISSING: async (deployed) => new Client(deployed).send({}),
  IDEMPOTENCY_KEY_INVALID: async (deployed) => new Client(deployed).send({ key: '' }),
  IDEMPOTENCY_TENANT_MISSING: async (deployed) => {
    const client = new Client(deployed);
    return client.send({ key: client.key(), identity: {} });
  },
  IDEMPOTENCY_CONFLICT: async (deployed) => {
    const { opened, open } = gate();
    const client = new Client(deployed, { respond: () => opened.then(() => ({ statusCode: 201, body: '' })) });
    const key = client.key();
    const first = client.send({ key });
    await settled();
    const again = await client.send({ key });
    open();
    await first;
    return again;
  },
  IDEMPOTENCY_KEY_REUSED: async (deployed) => {
    const client = new Client(deployed);
    await client.send({ key: client.key() });
    return client.send({ key: client.key(), query: 'currency=EUR' });
  },
  IDEMPOTENCY_RESULT_TOO_LARGE: async (deployed) => {
    const client = new Client(deployed, { store: Object.assign(new MemoryStore(), { limits: { itemBytes: 1, writeUnitBytes: 1 } }) });
    await client.send({ key: client.key() });
    return client.send({ key: client.key() });
  },
  IDEMPOTENCY_RESPONSE_EXPIRED: async (deployed) => {
    const client = new Client(deployed);
    const [key, time] = [client.key(), client.shop.clock.now()];
    await client.send({ key, time });
    client.shop.clock.advance(2 * DAY);
    return client.send({ key, time });
  },
  IDEMPOTENCY_KEY_EXPIRED: async (deployed) => {
    const client = new Client(deployed);
    const [key, time] = [client.key(), client.shop.clock.now()];
    client.shop.clock.advance(60 * DAY);
    return client.send({ key, time });
  },
  IDEMPOTENCY_STORE_UNAVAILABLE: async (deployed) => {
    const client = new Client(deployed, { store: faultyStore(new MemoryStore(), () => 'drop') as MemoryStore });
    return client.send({ key: client.key() });
  },
};

const keyAges = (maxKeyAge: Duration): readonly IdempotencySettings[] =>
  [{}, { keyTime: KeyTime.uuidV7() }, { keyTime: KeyTime.header(CLIENT_TIME) }, { keyTime: KeyTime.uuidV7(), maxKeyAge }];

/** Every combination of what decides which errors there are, and in which form, but for who may call. */
const COMBINATIONS: readonly IdempotencySettings[] = [undefined, true].flatMap((required) =>
  [undefined, Duration.days(30)].flatMap((remember) =>
    keyAges(remember === undefined ? Duration.hours(12) : Duration.days(7)).flatMap((age) =>
      [ErrorFormat.JSON, ErrorFormat.PROBLEM].map((errorFormat) => ({ required, remember, ...age, errorFormat })))));

/** Whom an API tells apart; a tenant that only an authorizer gives needs one. */
const CALLERS: readonly (readonly [name: string, tenant: TenantSource | undefined, hasAuthorizer: boolean])[] = [
  ['everybody, by default', undefined, false],
  ['everybody', TenantSource.auto(), false],
  ['everybody, as one tenant', TenantSource.none(), false],
  ['whoever is authorized, by default', undefined, true],
  ['whoever is authorized', TenantSource.auto(), true],
  ['whoever is authorized, by a claim', TenantSource.jwtClaim('org'), true],
  ['whoever is authorized, by two claims', TenantSource.all(TenantSource.jwtClaim('org'), TenantSource.jwtClaim('sub')), true],
  ['whoever is authorized, as one tenant', TenantSource.none(), true],
];

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly body: { readonly code: string };
}

const sorted = (errors: readonly Answered[]): readonly string[] => [...new Set(errors.map((error) => JSON.stringify(error)))].sort();

const publishedBy = ({ published }: Deployed): readonly Answered[] =>
  Object.entries(published).flatMap(([status, { content }]) =>
    Object.entries(content).flatMap(([type, { example, examples = {} }]) =>
      [...example === undefined ? [] : [example], ...Object.values(examples).map(({ value }) => value)]
        .map((body) => ({ status: Number(status), type, body }))));

const isError = (body: unknown): body is Answered['body'] =>
  typeof body === 'object' && body !== null && String((body as { code?: unknown }).code).startsWith('IDEMPOTENCY_');

async function answeredBy(deployed: Deployed): Promise<readonly Answered[]> {
  const answers = await Promise.all(Object.values(SITUATIONS).map((situation) => situation(deployed)));
  return answers.flatMap(({ statusCode, headers, body }) => {
    const json: unknown = body.startsWith('{') ? JSON.parse(body) : undefined;
    return isError(json) ? [{ status: statusCode, type: headers['content-type']!, body: json }] : [];
  });
}

test('F178: there is a situation for each error that the runtime knows', () => {
  expect(Object.keys(SITUATIONS).sort()).toEqual([...new Set(Object.values(OUTCOMES).map(({ code }) => code))].sort());
});

test('F178: each error is answered under some settings', async () => {
  const answered = await answeredBy(deploy({ required: true, remember: Duration.days(30), keyTime: KeyTime.uuidV7() }, true));
  expect(answered.map(({ body }) => body.code).sort()).toEqual(Object.keys(SITUATIONS).sort());
});

test.each(CALLERS)('F178: an API for %s publishes the errors that it can answer with, word for word, and no other', async (_name, tenant, hasAuthorizer) => {
  for (const settings of COMBINATIONS) {
    const deployed = deploy({ ...settings, tenant }, hasAuthorizer);
    expect([settings, sorted(publishedBy(deployed))]).toEqual([settings, sorted(await answeredBy(deployed))]);
  }
});

test.each([
  ['signs its requests', AuthorizationType.IAM, true],
  ['may be anybody', AuthorizationType.NONE, false],
  ['is known at deployment only', Token.asString({ Ref: 'AuthorizationType' }) as AuthorizationType, true],
])('F178: a REST API whose caller %s publishes a 403 where it may answer one', (_who, authorizationType, isPublished) => {
  const id = `Rest${++apis}`;
  const api = new IdempotentRestApi(stack, id);
  api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: newFunction(stack, `${id}Fn`), authorizationType });
  expect(Object.hasOwn(api.idempotencyPolicy().paths['/payments'].post.responses, '403')).toBe(isPublished);
});

test('F178: who calls an API of one’s own is not known, so that its 403 is published', () => {
  const idempotency = new Idempotency(stack, 'Idempotency');
  idempotency.attach(newFunction(stack, 'Own'), { routes: { 'POST /payments': {} } });
  expect(idempotency.idempotencyPolicy().paths['/payments'].post.responses).toHaveProperty('403');
});

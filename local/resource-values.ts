import { createHash } from 'node:crypto';
import { arnOf, partitionOf, urlSuffixOf, type Environment } from './environment';

/** A resource as `Ref` and `Fn::GetAtt` see it. */
export interface ResourceValues {
  readonly ref: string;
  attribute(name: string): string | undefined;
}

/** What the value of a resource may depend on. */
export interface ResourceContext {
  readonly type: string;
  readonly environment: Environment;
  /** What made-up names begin with. */
  readonly prefix: string;
  readonly logicalId: string;
  /** A property, resolved; `undefined` where the template leaves it out. */
  property(name: string): string | undefined;
  /** Where the runner serves this resource, once it listens. */
  endpoint(): string | undefined;
}

type Kind = (context: ResourceContext) => ResourceValues;

/**
 * The names and ARNs of a resource. Where CloudFormation would invent a name
 * with a random end, this one is made of the stack's and the logical id, so
 * that the next start finds the same table again. A type without an entry gets
 * a name and an ARN of the usual shape: a stand-in for what is not run.
 */
export function resourceValues(context: ResourceContext): ResourceValues {
  return (KINDS[context.type] ?? standIn)(context);
}

/** Ten characters, the same at every start: what API Gateway uses for an API's id. */
export const shortId = (...parts: readonly string[]): string =>
  BigInt(`0x${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)}`).toString(36).slice(0, 10).padStart(10, '0');

/** The same for the resource of a stack: no two of an account and region have one stack's name and one logical id. */
const resourceId = ({ environment: { account, region }, prefix, logicalId }: ResourceContext): string =>
  shortId(account, region, prefix, logicalId);

const generatedName = (context: ResourceContext, maxLength: number) => {
  const name = `${context.prefix}-${context.logicalId}`;
  return name.length <= maxLength ? name : `${name.slice(0, maxLength - 11)}-${shortId(name)}`;
};

const values = (ref: string, attributes: Readonly<Record<string, string | undefined>>): ResourceValues =>
  ({ ref, attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined) });

const lambdaFunction: Kind = (context) => {
  const name = context.property('FunctionName') ?? generatedName(context, 64);
  return values(name, { Arn: arnOf(context.environment, 'lambda', `function:${name}`) });
};

const layerVersion: Kind = (context) => {
  const layer = arnOf(context.environment, 'lambda', `layer:${context.property('LayerName') ?? generatedName(context, 140)}`);
  return values(`${layer}:1`, { LayerVersionArn: `${layer}:1`, LayerArn: layer });
};

/** The function that a version or an alias belongs to, given by its name or its ARN. */
const functionArn = (context: ResourceContext) => {
  const given = context.property('FunctionName') ?? '';
  return given.startsWith('arn:') ? given : arnOf(context.environment, 'lambda', `function:${given}`);
};

const lambdaVersion: Kind = (context) => values(`${functionArn(context)}:1`, { Version: '1', FunctionArn: `${functionArn(context)}:1` });

const lambdaAlias: Kind = (context) => {
  const alias = `${functionArn(context)}:${context.property('Name') ?? 'live'}`;
  return values(alias, { AliasArn: alias });
};

const table: Kind = (context) => {
  const name = context.property('TableName') ?? generatedName(context, 255);
  const tableArn = arnOf(context.environment, 'dynamodb', `table/${name}`);
  return values(name, { Arn: tableArn, TableId: shortId(name), StreamArn: `${tableArn}/stream/2026-01-01T00:00:00.000` });
};

const httpApi: Kind = (context) => {
  const id = resourceId(context);
  return values(id, { ApiId: id, ApiEndpoint: context.endpoint() });
};

const restApi: Kind = (context) => {
  const id = resourceId(context);
  return values(id, { RestApiId: id, RootResourceId: `${id}-root` });
};

const functionUrl: Kind = (context) => {
  const target = context.property('TargetFunctionArn') ?? '';
  return values(target, { FunctionArn: target, FunctionUrl: `${context.endpoint()}/`, UrlId: resourceId(context) });
};

const bucket: Kind = (context) => {
  const name = context.property('BucketName') ?? generatedName(context, 63).toLowerCase();
  return values(name, { Arn: `arn:${partitionOf(context.environment)}:s3:::${name}` });
};

const secret: Kind = (context) => {
  const secretArn = arnOf(context.environment, 'secretsmanager', `secret:${context.property('Name') ?? generatedName(context, 255)}-local1`);
  return values(secretArn, { Id: secretArn });
};

const parameter: Kind = (context) => {
  const name = context.property('Name') ?? `CFN-${generatedName(context, 1011)}`;
  return values(name, { Type: context.property('Type'), Value: context.property('Value') });
};

/** The identifier is what tokens bear before the name of a scope. */
const resourceServer: Kind = (context) => values(context.property('Identifier') ?? generatedName(context, 256), {});

const queue: Kind = (context) => {
  const name = context.property('QueueName') ?? generatedName(context, 80);
  const { account, region } = context.environment;
  const url = `https://sqs.${region}.${urlSuffixOf(context.environment)}/${account}/${name}`;
  return values(url, { Arn: arnOf(context.environment, 'sqs', name), QueueName: name, QueueUrl: url });
};

const topic: Kind = (context) => {
  const name = context.property('TopicName') ?? generatedName(context, 256);
  return values(arnOf(context.environment, 'sns', name), { TopicArn: arnOf(context.environment, 'sns', name), TopicName: name });
};

const standIn: Kind = (context) => {
  const name = generatedName(context, 128);
  const service = (context.type.split('::')[1] ?? 'local').toLowerCase();
  return { ref: name, attribute: (attribute) => (attribute.endsWith('Arn') ? arnOf(context.environment, service, name) : `${name}.${attribute}`) };
};

const KINDS: Readonly<Record<string, Kind | undefined>> = {
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::LayerVersion': layerVersion,
  'AWS::Lambda::Version': lambdaVersion,
  'AWS::Lambda::Alias': lambdaAlias,
  'AWS::Lambda::Url': functionUrl,
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::ApiGatewayV2::Api': httpApi,
  'AWS::ApiGateway::RestApi': restApi,
  'AWS::S3::Bucket': bucket,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SSM::Parameter': parameter,
  'AWS::Cognito::UserPoolResourceServer': resourceServer,
  'AWS::SQS::Queue': queue,
  'AWS::SNS::Topic': topic,
};

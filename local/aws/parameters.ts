import http from 'node:http';
import type { Deployment } from '../deployment';
import { listenOnFreePort, type LocalService } from './service';
import { arnOf, callersEnvironment, type Environment } from '../environment';
import { readBody } from '../http/body';
import { reasonOf } from '../local-error';
import { PARAMETER_TYPE } from '../stored-values';

/** An SSM parameter; its value is worked out when it is asked for, since it may hold the URL of an API. */
export interface StoredParameter {
  readonly name: string;
  readonly type: string;
  /** Absent: in every region. */
  readonly environment?: Environment;
  value(): string;
}

/** The template's SSM parameters, and those that are given: what is given counts. */
export function planParameters(deployment: Deployment, given: ReadonlyMap<string, string> = new Map()): readonly StoredParameter[] {
  const declared = deployment.ofType(PARAMETER_TYPE).map((resource) => ({
    name: resource.ref,
    type: resource.string('Type') ?? 'String',
    environment: resource.environment,
    value: () => resource.string('Value') ?? '',
  }));
  return [
    ...[...given].map(([name, value]) => ({ name, type: 'String', value: () => value })),
    ...declared.filter(({ name }) => !given.has(name)),
  ];
}

type Answer = readonly [status: number, body: unknown];
interface Asked { readonly Name?: unknown; readonly Names?: unknown; readonly Path?: unknown; readonly Recursive?: unknown }

/** The part of Systems Manager that hands parameters out: GetParameter, GetParameters, GetParametersByPath. */
export function startParameters(parameters: () => readonly StoredParameter[]): Promise<LocalService> {
  return listenOnFreePort(http.createServer((request, response) => {
    void readBody(request, 64 * 1024)
      .then((body) => answerTo(inRegion(parameters(), request.headers.authorization), String(request.headers['x-amz-target']), JSON.parse(body.toString()) as Asked))
      .catch((error: unknown): Answer => [400, { __type: 'ValidationException', message: reasonOf(error) }])
      .then(([status, answer]) => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer)));
  }));
}

/** The region that a request was signed for. */
function inRegion(parameters: readonly StoredParameter[], authorization: string | undefined): readonly StoredParameter[] {
  const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization ?? '')?.[1];
  return parameters.filter(({ environment }) => region === undefined || environment === undefined || environment.region === region);
}

function answerTo(parameters: readonly StoredParameter[], target: string, asked: Asked): Answer {
  const find = (id: unknown) => parameters.find(({ name }) => name === nameIn(String(id)));
  switch (target) {
    case 'AmazonSSM.GetParameter': {
      const found = find(asked.Name);
      return found ? [200, { Parameter: described(found) }] : [400, { __type: 'ParameterNotFound' }];
    }
    case 'AmazonSSM.GetParameters': {
      const names = Array.isArray(asked.Names) ? asked.Names : [];
      return [200, {
        Parameters: names.map(find).filter((found) => found !== undefined).map(described),
        InvalidParameters: names.filter((name) => find(name) === undefined),
      }];
    }
    case 'AmazonSSM.GetParametersByPath': {
      const path = `${String(asked.Path).replace(/\/$/, '')}/`;
      const below = parameters.filter(({ name }) => name.startsWith(path) && (asked.Recursive === true || !name.slice(path.length).includes('/')));
      return [200, { Parameters: below.map(described) }];
    }
    default:
      return [400, { __type: 'ValidationException', message: `${target} is not run locally` }];
  }
}

/** `name`, `name:version`, or the parameter's ARN. */
const nameIn = (id: string): string => (id.startsWith('arn:') ? id.replace(/^[^/]*:parameter/, '') : id.split(':')[0]!);

function described(parameter: StoredParameter) {
  const { name, type, environment = callersEnvironment() } = parameter;
  return {
    Name: name,
    Type: type,
    Value: parameter.value(),
    Version: 1,
    ARN: arnOf(environment, 'ssm', `parameter${name.startsWith('/') ? '' : '/'}${name}`),
    DataType: 'text',
  };
}

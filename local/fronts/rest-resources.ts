import type { DeployedResource, Deployment } from '../deployment';

/** A resource of a REST API, with the template of its whole path: `/payments/{id}`. */
export interface RestResource {
  readonly id: string;
  readonly path: string;
  readonly methods: readonly DeployedResource[];
}

/** The resources of an API, the root among them, from its tree of path parts. */
export function restResources(deployment: Deployment, api: DeployedResource): readonly RestResource[] {
  const ofApi = (type: string) => deployment.ofType(type).filter((part) => part.string('RestApiId') === api.ref);
  const root = api.attribute('RootResourceId');
  const parts = new Map(ofApi('AWS::ApiGateway::Resource').map((part) => [part.ref, part]));
  const methods = ofApi('AWS::ApiGateway::Method');
  const pathOf = (id: string): string => {
    const part = parts.get(id);
    return part ? `${pathOf(part.string('ParentId') ?? root)}/${part.string('PathPart')}` : '';
  };
  return [root, ...parts.keys()].map((id) => ({
    id,
    path: pathOf(id) || '/',
    methods: methods.filter((method) => method.string('ResourceId') === id),
  }));
}

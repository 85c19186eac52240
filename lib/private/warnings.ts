import { Annotations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** What the library warns of. An id is part of the interface: apps acknowledge by it. */
export type Warning =
  | 'bucketOfAnotherAccount'
  | 'corsWithoutKey'
  | 'fingerprintUnused'
  | 'functionOutlivesGateway'
  | 'importedTableWithoutNamespace'
  | 'keySecretUnpinned'
  | 'longTtl'
  | 'maxKeyAgeUnused'
  | 'namespaceWithoutMetrics'
  | 'notAttached'
  | 'nothingGranted'
  | 'relayNotNeeded'
  | 'replicasEventuallyConsistent'
  | 'secretOfAnotherAccount'
  | 'sharedKeySpace'
  | 'tableOfAnotherAccount'
  | 'targetOfAnotherAccount'
  | 'tenantIgnored'
  | 'tenantNotGiven'
  | 'tenantWithoutAuthorizer'
  | 'unprotectedRoutes'
  | 'untrustedTenant'
  | 'versionNotCurrent'
  | 'waitOutlivesGateway';

const PREFIX = 'cdk-idempotent-api:';
const PROBE = 'IdempotencyAcknowledged';

/** Warns at a construct, unless that construct or one above it acknowledges the warning. */
export function warn(site: IConstruct, warning: Warning, message: string): void {
  const id = PREFIX + warning;
  if (!isAcknowledged(site, id)) Annotations.of(site).addWarningV2(id, `${site.node.path}: ${message}`);
}

/** Informs at a construct, which may acknowledge that too. */
export function inform(site: IConstruct, information: 'requestHashOff', message: string): void {
  Annotations.of(site).addInfoV2(PREFIX + information, `${site.node.path}: ${message}`);
}

/**
 * For a warning the CDK looks at what is above its construct only: an earlier
 * acknowledgement on the very construct is heeded below it alone. So a place
 * below it is asked, which is in no tree: a construct that is locked takes no children.
 */
function isAcknowledged({ node }: IConstruct, id: string): boolean {
  let warned = false;
  const place = Object.create(node, {
    path: { value: `${node.path}/${PROBE}` },
    metadata: { value: [] },
    addMetadata: { value: () => { warned = true; } },
  });
  Annotations.of({ node: place } as IConstruct).addWarningV2(id, '');
  return !warned;
}

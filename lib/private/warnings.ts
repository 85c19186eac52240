import { Annotations } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';

/** What the library warns of. An id is part of the interface: apps acknowledge by it. */
export type Warning =
  | 'corsWithoutKey'
  | 'fingerprintUnused'
  | 'functionOutlivesGateway'
  | 'importedTableWithoutNamespace'
  | 'keySecretUnpinned'
  | 'longTtl'
  | 'notAttached'
  | 'nothingGranted'
  | 'relayNotNeeded'
  | 'replicasEventuallyConsistent'
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
 * acknowledgement on the very construct is heeded below it alone. So something
 * below it is asked.
 */
function isAcknowledged(site: IConstruct, id: string): boolean {
  const probe = new Construct(site, PROBE);
  Annotations.of(probe).addWarningV2(id, '');
  site.node.tryRemoveChild(PROBE);
  return probe.node.metadata.length === 0;
}

import { Duration } from 'aws-cdk-lib';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { AttachSettings } from './attach-settings';

/** What differs for one relay from the settings of its construct, and how it is deployed. */
export interface RelaySettings extends AttachSettings {
  /**
   * Timeout of the function that the relay invokes, in whole seconds, at most 15
   * minutes. Needed where this app does not know it: of an imported function, and
   * of a version that is published once.
   *
   * @default - the timeout of the function, the `executionTimeout` of a durable one
   */
  readonly targetTimeout?: Duration;

  /**
   * Memory of the relay, in MiB, and the share of a processor that goes with it.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /**
   * Where the relay logs.
   *
   * @default - a log group of its own, which keeps events for a month and stays when the stack is deleted
   */
  readonly logGroup?: ILogGroup;
}

import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

/** A function of one of the examples. */
export const nodeFunction = (
  scope: Construct, id: string, entry: string, environment?: Record<string, string>, timeout: Duration = Duration.seconds(10),
): NodejsFunction =>
  new NodejsFunction(scope, id, {
    entry,
    environment,
    runtime: Runtime.NODEJS_24_X,
    timeout,
    // From whatever folder the app is run.
    depsLockFilePath: path.join(__dirname, '..', 'package-lock.json'),
  });

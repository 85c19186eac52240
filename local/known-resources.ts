/**
 * Resource types that need nothing here, each with the reason: they decide who
 * may do what, how it is billed, watched or deployed, and never what a request gets.
 */
const MEANINGLESS_LOCALLY: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'nothing here checks permissions',
  'AWS::IAM::Policy': 'nothing here checks permissions',
  'AWS::IAM::ManagedPolicy': 'nothing here checks permissions',
  'AWS::Lambda::Permission': 'nothing here checks permissions',
  'AWS::S3::BucketPolicy': 'nothing here checks permissions',
  'AWS::KMS::Key': 'nothing here is encrypted at rest',
  'AWS::KMS::Alias': 'nothing here is encrypted at rest',
  'AWS::Logs::LogGroup': 'logs are lines of this command',
  'AWS::Logs::MetricFilter': 'nothing here is measured',
  'AWS::CloudWatch::Alarm': 'nothing here is measured',
  'AWS::CloudWatch::CompositeAlarm': 'nothing here is measured',
  'AWS::CloudWatch::Dashboard': 'nothing here is measured',
  'AWS::CDK::Metadata': 'for the CDK team',
  'AWS::ApiGateway::Account': 'for the log role of the account',
  'AWS::ApiGateway::Deployment': 'a change is served by starting again',
  'AWS::ApiGatewayV2::Deployment': 'a change is served by starting again',
  'AWS::Lambda::Version': 'there is one version, the newest',
  'AWS::Lambda::Alias': 'there is one version, the newest',
  'AWS::CloudFormation::WaitConditionHandle': 'a placeholder of the deployment',
  'AWS::ApplicationAutoScaling::ScalableTarget': 'nothing here is throttled by capacity',
  'AWS::ApplicationAutoScaling::ScalingPolicy': 'nothing here is throttled by capacity',
};

export const isMeaninglessLocally = (type: string): boolean => Object.hasOwn(MEANINGLESS_LOCALLY, type);

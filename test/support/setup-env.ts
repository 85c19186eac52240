process.env.CDK_VALIDATION = 'false';
process.env.JSII_DEPRECATED = 'quiet'; // TableV2 of aws-cdk-lib 2.257 calls a deprecated part of itself, and says so for every table.

/** The name of a table that is given by its name or its ARN. */
export const tableNameIn = (nameOrArn: string): string => /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/([^/]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;

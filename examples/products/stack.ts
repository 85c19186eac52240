import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotentApi } from 'cdk-idempotent-api';

/** A catalogue: reading goes straight through, creating is protected, and what the handler answers is recorded as it left. */
export class ProductsStack extends Stack {
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const api = new IdempotentApi(this, 'ProductsApi');
    const products = nodeFunction(this, 'CreateProduct', path.join(__dirname, 'handler.ts'));
    api.addRoutes({ path: '/products', methods: [HttpMethod.GET, HttpMethod.POST], handler: products });
    api.addRoutes({ path: '/products/{id}', methods: [HttpMethod.GET], handler: products });
  }
}

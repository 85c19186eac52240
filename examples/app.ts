import { App } from 'aws-cdk-lib';
import { DuplicatesStack } from './duplicates/stack';
import { LedgerStack } from './ledger/stack';
import { OrdersStack } from './orders/stack';
import { PaymentIntentsStack } from './payment-intents/stack';
import { PaymentsStack } from './payments/stack';
import { ProductsStack } from './products/stack';
import { TenantsStack } from './tenants/stack';

const app = new App();
new PaymentsStack(app, 'Payments');
new PaymentIntentsStack(app, 'PaymentIntents');
new OrdersStack(app, 'Orders');
new ProductsStack(app, 'Products');
new TenantsStack(app, 'Tenants');
new DuplicatesStack(app, 'Duplicates');
new LedgerStack(app, 'Ledger');

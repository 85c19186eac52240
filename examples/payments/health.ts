export const handler = async (): Promise<unknown> => ({ status: 'healthy', service: 'payments' });

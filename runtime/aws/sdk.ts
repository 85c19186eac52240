/** The SDK is needed, and is not there. */
export class SdkMissingError extends Error {
  public readonly code = 'IDEMPOTENCY_SDK_MISSING';

  public constructor(cause: unknown) {
    super(
      'AWS is reached by its SDK where a client is given or the environment has no credentials, and it cannot be loaded: npm install @aws-sdk/client-dynamodb.',
      { cause },
    );
    this.name = 'SdkMissingError';
  }
}

/** The one package of the SDK that is used: loaded when first needed, and asked for again after it failed. */
export async function loadSdk(): Promise<typeof import('@aws-sdk/client-dynamodb')> {
  try {
    return await import('@aws-sdk/client-dynamodb');
  } catch (cause) {
    throw new SdkMissingError(cause);
  }
}

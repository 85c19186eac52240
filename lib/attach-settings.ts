import { IdempotencySettings } from './idempotency-settings';

/** What differs for one function from the settings of its construct. */
export interface AttachSettings extends IdempotencySettings {
  /**
   * What differs again on some of its routes, by method and template as the
   * gateway names them: `POST /payments/{id}`, `ANY /orders`, `ANY $default`.
   * `ANY` stands for every method that has no settings of its own.
   *
   * @default - all routes alike
   */
  readonly routes?: { [route: string]: IdempotencySettings };
}

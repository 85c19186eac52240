import type { EpochSeconds } from '../../time';
import type { CallOptions } from '../call-options';

export interface PutOptions extends CallOptions {
  /** From then on no record points to the body: whoever can delete by time may do it. */
  readonly expiresAt: EpochSeconds;
}

/** Where bodies go that lie beside the record: written once under a fresh name, and only then pointed to. */
export interface OverflowStore {
  /** Resolves once the body is durable. */
  put(key: string, body: Uint8Array, options: PutOptions): Promise<void>;
  /** @throws where the body is absent or larger than a response may be */
  get(key: string, options?: CallOptions): Promise<Uint8Array>;
}

/** An hour more than the record that points to the body: far more than passes between their writes. */
export const outliving = (expiresAt: EpochSeconds): EpochSeconds => (expiresAt + 3600) as EpochSeconds;

/** Whether a body belongs to the record of that id. Whoever may write to a record must not reach another one's body by it. */
export const isOf = (name: string, id: string): boolean => typeof name === 'string' && name.startsWith(`${id}/`);

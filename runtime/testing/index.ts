export * from './events';
export { controllableClock, type ControllableClock } from './clock';
export { faultyStore, InjectedFault, type StoreCall, type StoreFault } from './faulty-store';
export { formerContract, type FormerAnswer, type FormerContractCase, type FormerRequest, type FormerSystem } from './former-contract';
export { idempotentWith } from './idempotent-with';
export { recordingHandler, type RecordingHandler } from './recording-handler';
export { storeContract, type StoreContractCase } from './store-contract';

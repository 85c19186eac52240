import { ENV } from './contract'; export class Placeholder { public static readonly E = ENV.DISABLED; }

import { Place } from './place';
import { Worker } from './worker';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';

/** Processes that share a table, each of its own making. */
export class Workers {
  private readonly started: Worker[] = [];

  private constructor(readonly place: Place, private readonly db: TestDynamoDb, private readonly table: string, private readonly options: object) {}

  /** `options` are those of `idempotent()`. */
  static async over(options: object): Promise<Workers> {
    const db = await startDynamoDb();
    return new Workers(new Place(), db, await db.createTable('records'), options);
  }

  start(): Worker {
    const worker = new Worker(this.place, { endpoint: this.db.endpoint, table: this.table, options: this.options });
    this.started.push(worker);
    return worker;
  }

  async stop(): Promise<void> {
    await Promise.all(this.started.map((worker) => worker.kill()));
    await this.db.stop();
    this.place.remove();
  }
}

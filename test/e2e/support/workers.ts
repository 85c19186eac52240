import { Place } from './place';
import { Worker } from './worker';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';

/** Processes that share a table, each of its own making. */
export class Workers {
  /** `options` are those of `idempotent()`. */
  static async over(options: object): Promise<Workers> {
    const db = await startDynamoDb();
    return new Workers(new Place(), db, await db.createTable('records'), options);
  }

  private readonly started: Worker[] = [];

  private constructor(readonly place: Place, private readonly db: TestDynamoDb, private readonly table: string, private readonly options: object) {}

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

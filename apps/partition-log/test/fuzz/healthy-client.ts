import { fetch, produce, readRecords, type SpokenApi } from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { batchOf, fetching, onlyPartition, producing } from '../support/requests.js';

const ANSWERED_WITHIN_MS = 10_000;

/** Appends a record, reads it back and compares, again and again, while others misbehave. */
export class HealthyClient {
  private next = 0;

  private constructor(
    private readonly connection: KafkaConnection,
    private readonly topic: string,
  ) {}

  static async connect(port: number, topic: string): Promise<HealthyClient> {
    return new HealthyClient(await KafkaConnection.open(port), topic);
  }

  /** Records that were appended and read. */
  get done(): number {
    return this.next;
  }

  /** Throws when the record is not taken, or is not what is read. */
  async appendAndRead(): Promise<void> {
    const value = `record ${this.next}`;
    const request = producing(this.topic, 0, batchOf(value));
    const appended = onlyPartition(await this.ask(produce, request));
    if (appended.errorCode !== 0 || appended.baseOffset !== BigInt(this.next)) {
      throw new Error(`${value}: error ${appended.errorCode}, offset ${appended.baseOffset}`);
    }
    const found = await this.read(appended.baseOffset);
    if (found !== value) throw new Error(`expected ${value}, read ${found}`);
    this.next += 1;
  }

  close(): void {
    this.connection.close();
  }

  private async read(offset: bigint): Promise<string> {
    const request = fetching(this.topic, { 0: offset }, { maxWaitMs: 1000, minBytes: 1 });
    const { records } = onlyPartition(await this.ask(fetch, request));
    const [record] = readRecords(Buffer.concat(records));
    return String(record?.value);
  }

  private async ask<Request, Response>(
    api: SpokenApi<Request, Response>,
    request: Request,
  ): Promise<Response> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`${api.name} of the healthy client waits for its answer`);
      timer = setTimeout(() => reject(error), ANSWERED_WITHIN_MS);
    });
    try {
      return await Promise.race([this.connection.ask(api, request), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

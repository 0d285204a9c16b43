import { readRecords, WireReader } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { produceAnswer, produceRequest, RawClient, request } from '../support/raw-client.js';

const ANSWERED_WITHIN_MS = 10_000;

/** Appends a record, reads it back and compares, again and again, while others misbehave. */
export class HealthyClient {
  private next = 0;

  private constructor(
    private readonly client: RawClient,
    private readonly topic: string,
  ) {}

  static async connect(port: number, topic: string): Promise<HealthyClient> {
    return new HealthyClient(await RawClient.connect(port), topic);
  }

  /** Records that were appended and read. */
  get done(): number {
    return this.next;
  }

  /** Throws when the record is not taken, or is not what is read. */
  async appendAndRead(): Promise<void> {
    const value = `record ${this.next}`;
    const appended = produceAnswer(await this.ask(produceRequest(this.next, this.topic, 0, value)));
    if (appended.errorCode !== 0 || appended.baseOffset !== BigInt(this.next)) {
      throw new Error(`${value}: error ${appended.errorCode}, offset ${appended.baseOffset}`);
    }
    const found = await this.read(appended.baseOffset);
    if (found !== value) throw new Error(`expected ${value}, read ${found}`);
    this.next += 1;
  }

  close(): void {
    this.client.close();
  }

  private async read(offset: bigint): Promise<string> {
    const frame = request(1, 4, 0, (writer) => {
      writer
        .int32(-1)
        .int32(1000)
        .int32(1)
        .int32(1 << 20)
        .int8(0);
      writer
        .int32(1)
        .string(this.topic)
        .int32(1)
        .int32(0)
        .int64(offset)
        .int32(1 << 20);
    });
    const reader = new WireReader(await this.ask(frame));
    reader.take(8); // correlation id, throttle
    const [topics] = reader.array(() => {
      reader.string();
      return reader.array(() => {
        reader.take(4 + 2 + 8 + 8 + 4);
        return reader.bytes();
      });
    });
    const [record] = readRecords(topics?.[0] ?? Buffer.alloc(0));
    return String(record?.value);
  }

  private async ask(frame: Buffer): Promise<Buffer> {
    const { client } = this;
    client.send(frame);
    return eventually('the healthy client is answered', () => client.answers.shift(), {
      timeoutMs: ANSWERED_WITHIN_MS,
      intervalMs: 1,
    });
  }
}

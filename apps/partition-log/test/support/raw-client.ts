import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { buildRecordBatch, FrameSplitter, WireReader, WireWriter } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';

const MAX_ANSWER_BYTES = 64 << 20;

/** A connection that says what it is told to, byte by byte, and collects whole answers. */
export class RawClient {
  /** Answers without their length, in the order in which they came. */
  readonly answers: Buffer[] = [];
  readonly closed: Promise<unknown>;
  private readonly splitter = new FrameSplitter(MAX_ANSWER_BYTES);

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.splitter.push(chunk);
      for (let frame = this.splitter.next(); frame !== undefined; frame = this.splitter.next()) {
        this.answers.push(frame);
      }
    });
  }

  /** `localAddress`: where the connection comes from. */
  static async connect(port: number, localAddress = '127.0.0.1'): Promise<RawClient> {
    const socket = createConnection({ host: '127.0.0.1', port, localAddress });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(frame: Buffer): void {
    this.socket.write(frame);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A request with header v1 and the length before it. */
export function request(
  apiKey: number,
  apiVersion: number,
  correlationId: number,
  body: (writer: WireWriter) => unknown,
  clientId = 'raw',
): Buffer {
  const writer = new WireWriter().int16(apiKey).int16(apiVersion).int32(correlationId);
  body(writer.nullableString(clientId));
  const bytes = Buffer.concat(writer.finish());
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Produce v7 with one record for one partition, acks=-1. */
export function produceRequest(
  correlationId: number,
  topic: string,
  partition: number,
  value: string,
): Buffer {
  const batch = buildRecordBatch([{ key: null, value: Buffer.from(value) }], Date.now());
  return produceBatch(correlationId, topic, partition, batch);
}

/** Produce v7 with a batch for one partition, acks=-1. */
export function produceBatch(
  correlationId: number,
  topic: string,
  partition: number,
  batch: Buffer,
): Buffer {
  return request(0, 7, correlationId, (writer) => {
    writer.nullableString(null).int16(-1).int32(30_000);
    writer.int32(1).string(topic).int32(1).int32(partition).bytes(batch);
  });
}

/** Correlation id, error and base offset of an answer to produceRequest. */
export function produceAnswer(answer: Buffer) {
  const reader = new WireReader(answer);
  const correlationId = reader.int32();
  reader.int32();
  reader.string();
  reader.int32();
  reader.int32();
  return { correlationId, errorCode: reader.int16(), baseOffset: reader.int64() };
}

/** Stored batches of a partition from an offset on, by Fetch v11; some megabytes at most. */
export async function fetchBytes(
  client: RawClient,
  topic: string,
  offset: number,
  partition = 0,
): Promise<Buffer> {
  const before = client.answers.length;
  const body = (writer: WireWriter) => {
    writer
      .int32(-1)
      .int32(0)
      .int32(0)
      .int32(8 << 20)
      .int8(0)
      .int32(0)
      .int32(-1);
    writer.int32(1).string(topic).int32(1);
    writer
      .int32(partition)
      .int32(-1)
      .int64(BigInt(offset))
      .int64(-1n)
      .int32(8 << 20);
    writer.int32(0).string('');
  };
  client.send(request(1, 11, 1, body));
  await eventually('it is answered', () => client.answers.length > before);
  const reader = new WireReader(client.answers[before] ?? Buffer.alloc(0));
  reader.take(4 + 4 + 2 + 4 + 4);
  reader.string();
  reader.take(4 + 4);
  const errorCode = reader.int16();
  if (errorCode !== 0) throw new Error(`Fetch answered ${errorCode}`);
  reader.take(8 + 8 + 8 + 4 + 4);
  return reader.bytes();
}

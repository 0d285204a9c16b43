import type { WireReader } from '../wire/wire-reader.js';
import type { WireWriter } from '../wire/wire-writer.js';

/** The one API of whose flexible versions frames know: its answer has another header than theirs (KIP-511). */
export const API_VERSIONS_KEY = 18;

/**
 * One API as a server sees it: how its requests are read and its responses written, in every version
 * that is served. The lists of fields follow the message definitions of Apache Kafka, version by
 * version.
 */
export interface Api<Request, Response> {
  readonly key: number;
  readonly name: string;
  /** First version that is served, and the last. */
  readonly min: number;
  readonly max: number;
  /** First version that is told to clients, where that is another than the first served. */
  readonly advertisedMin?: number;
  /** Throws MalformedFrame. */
  readonly readRequest: (reader: WireReader, version: number) => Request;
  readonly writeResponse: (writer: WireWriter, response: Response, version: number) => unknown;
}

/**
 * An API that we speak as a client too: tests and tools ask by it, so that they read like the
 * protocol. What a request of ours does not say has the value by which it means nothing: it comes
 * from no replica, sees records of transactions that are not over, and waits as long as anybody.
 */
export interface SpokenApi<Request, Response> extends Api<Request, Response> {
  readonly writeRequest: (writer: WireWriter, request: Request, version: number) => unknown;
  /** Throws MalformedFrame. What a version does not tell has the value of "not known". */
  readonly readResponse: (reader: WireReader, version: number) => Response;
}

/** A topic with something per partition, as most requests and responses have it. */
export interface ByTopic<Partition> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

/** An array of topics, each a name and an array of partitions. Throws MalformedFrame. */
export function readTopics<Partition>(
  reader: WireReader,
  partition: (reader: WireReader) => Partition,
): ByTopic<Partition>[] {
  return reader.array(() => ({ name: reader.string(), partitions: reader.array(partition) }));
}

/** The counterpart of readTopics. */
export function writeTopics<Partition>(
  writer: WireWriter,
  topics: readonly ByTopic<Partition>[],
  partition: (value: Partition, writer: WireWriter) => unknown,
): void {
  writer.array(topics, ({ name, partitions }) => writer.string(name).array(partitions, partition));
}

/** As readTopics, in a flexible version; what `partition` reads has its own tags read behind it. */
export function readCompactTopics<Partition>(
  reader: WireReader,
  partition: (reader: WireReader) => Partition,
): ByTopic<Partition>[] {
  return reader.compactArray(() => {
    const name = reader.compactString();
    const partitions = reader.compactArray(() => {
      const read = partition(reader);
      reader.skipTags();
      return read;
    });
    reader.skipTags();
    return { name, partitions };
  });
}

/** The counterpart of readCompactTopics. */
export function writeCompactTopics<Partition>(
  writer: WireWriter,
  topics: readonly ByTopic<Partition>[],
  partition: (value: Partition, writer: WireWriter) => unknown,
): void {
  writer.compactArray(topics, ({ name, partitions }) => {
    writer.compactString(name).compactArray(partitions, (value) => {
      partition(value, writer);
      writer.noTags();
    });
    writer.noTags();
  });
}

/** In a request: who asks is a client and no replica. */
export const NO_REPLICA = -1;

/** In a request that changes something: how long the server may take, in ms. */
export const CHANGE_TIMEOUT_MS = 30_000;

/** Milliseconds that the client should wait; clients are slowed by their sockets instead. */
export const NO_THROTTLE = 0;

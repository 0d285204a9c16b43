import type { WireReader } from '../wire/wire-reader.js';
import { NO_THROTTLE, type SpokenApi } from './api.js';

/** Of which topics. */
export interface MetadataRequest {
  /** null: all topics. */
  readonly topics: readonly string[] | null;
}

/** The cluster as clients see it. */
export interface MetadataResponse {
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
  }[];
  readonly clusterId: string;
  readonly controllerId: number;
  readonly topics: readonly MetadataTopic[];
}

/** A topic with its partitions and where each is led, or why it cannot be told. */
export interface MetadataTopic {
  readonly errorCode: number;
  readonly name: string;
  readonly isInternal: boolean;
  readonly partitions: readonly {
    readonly errorCode: number;
    readonly partition: number;
    readonly leaderId: number;
    readonly leaderEpoch: number;
    readonly replicas: readonly number[];
    readonly isr: readonly number[];
  }[];
}

/** "Not asked, or not known" for a set of authorised operations. */
const NO_OPERATIONS = -(2 ** 31);

/** Tells brokers, topics and who leads which partition. */
export const metadata: SpokenApi<MetadataRequest, MetadataResponse> = {
  key: 3,
  name: 'Metadata',
  min: 0,
  max: 8,
  readRequest(reader, version) {
    const topics = reader.nullableArray(() => reader.string());
    // Creation by asking is never done, and operations are not told: both flags say nothing here.
    if (version >= 4) reader.boolean();
    if (version >= 8) {
      reader.boolean();
      reader.boolean();
    }
    // An empty list means all topics in version 0 alone.
    return { topics: version === 0 && topics?.length === 0 ? null : topics };
  },
  writeResponse(writer, { brokers, clusterId, controllerId, topics }, version) {
    if (version >= 3) writer.int32(NO_THROTTLE);
    writer.array(brokers, ({ nodeId, host, port }) => {
      writer.int32(nodeId).string(host).int32(port);
      if (version >= 1) writer.nullableString(null); // rack
    });
    if (version >= 2) writer.nullableString(clusterId);
    if (version >= 1) writer.int32(controllerId);
    writer.array(topics, (topic) => {
      writer.int16(topic.errorCode).string(topic.name);
      if (version >= 1) writer.boolean(topic.isInternal);
      writer.array(topic.partitions, (partition) => {
        writer.int16(partition.errorCode).int32(partition.partition).int32(partition.leaderId);
        if (version >= 7) writer.int32(partition.leaderEpoch);
        writer.array(partition.replicas, (id) => writer.int32(id));
        writer.array(partition.isr, (id) => writer.int32(id));
        if (version >= 5) writer.int32(0); // offline replicas
      });
      if (version >= 8) writer.int32(NO_OPERATIONS);
    });
    if (version >= 8) writer.int32(NO_OPERATIONS);
  },
  writeRequest(writer, { topics }, version) {
    if (topics === null) writer.int32(version === 0 ? 0 : -1);
    else writer.array(topics, (name) => writer.string(name));
    if (version >= 4) writer.boolean(false); // creation by asking
    if (version >= 8) writer.boolean(false).boolean(false); // authorised operations
  },
  readResponse(reader, version) {
    if (version >= 3) reader.int32(); // throttle
    const brokers = reader.array(() => {
      const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
      if (version >= 1) reader.nullableString(); // rack
      return broker;
    });
    const clusterId = version >= 2 ? (reader.nullableString() ?? '') : '';
    const controllerId = version >= 1 ? reader.int32() : -1;
    const topics = reader.array(() => readTopic(reader, version));
    if (version >= 8) reader.int32(); // authorised operations
    return { brokers, clusterId, controllerId, topics };
  },
};

function readTopic(reader: WireReader, version: number): MetadataTopic {
  const errorCode = reader.int16();
  const name = reader.string();
  const isInternal = version >= 1 && reader.boolean();
  const partitions = reader.array(() => {
    const partition = {
      errorCode: reader.int16(),
      partition: reader.int32(),
      leaderId: reader.int32(),
      leaderEpoch: version >= 7 ? reader.int32() : -1,
      replicas: reader.array(() => reader.int32()),
      isr: reader.array(() => reader.int32()),
    };
    if (version >= 5) reader.array(() => reader.int32()); // offline replicas
    return partition;
  });
  if (version >= 8) reader.int32(); // authorised operations
  return { errorCode, name, isInternal, partitions };
}

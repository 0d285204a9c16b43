import { NO_THROTTLE, type Api } from './api.js';

export interface MetadataRequest {
  /** null: all topics. */
  readonly topics: readonly string[] | null;
}

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

export const metadata: Api<MetadataRequest, MetadataResponse> = {
  key: 3,
  name: 'Metadata',
  min: 0,
  max: 8,
  read(reader, version) {
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
  write(writer, { brokers, clusterId, controllerId, topics }, version) {
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
};

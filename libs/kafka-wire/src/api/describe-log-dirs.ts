import { NO_THROTTLE, readTopics, writeTopics, type ByTopic, type SpokenApi } from './api.js';

/** Of which partitions; null: of all. */
export interface DescribeLogDirsRequest {
  readonly topics: readonly ByTopic<number>[] | null;
}

/** A folder that holds partitions. */
export interface DescribedLogDir {
  readonly errorCode: number;
  readonly path: string;
  readonly topics: readonly ByTopic<{
    readonly partition: number;
    /** Bytes of its segments. */
    readonly size: bigint;
    /** Records by which this copy is behind. */
    readonly lag: bigint;
    /** It is to replace the copy in another folder. */
    readonly isFuture: boolean;
  }>[];
}

/** Each folder with those of the partitions that lie in it. */
export interface DescribeLogDirsResponse {
  readonly dirs: readonly DescribedLogDir[];
}

/** Tells where partitions lie and how large they are. */
export const describeLogDirs: SpokenApi<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  key: 35,
  name: 'DescribeLogDirs',
  min: 0,
  max: 1,
  readRequest(reader) {
    return {
      topics: reader.nullableArray(() => ({
        name: reader.string(),
        partitions: reader.array(() => reader.int32()),
      })),
    };
  },
  writeResponse(writer, { dirs }) {
    writer.int32(NO_THROTTLE).array(dirs, ({ errorCode, path, topics }) => {
      writer.int16(errorCode).string(path);
      writeTopics(writer, topics, ({ partition, size, lag, isFuture }) =>
        writer.int32(partition).int64(size).int64(lag).boolean(isFuture),
      );
    });
  },
  writeRequest(writer, { topics }) {
    if (topics === null) writer.int32(-1);
    else writeTopics(writer, topics, (partition) => writer.int32(partition));
  },
  readResponse(reader) {
    reader.int32(); // throttle
    return {
      dirs: reader.array(() => ({
        errorCode: reader.int16(),
        path: reader.string(),
        topics: readTopics(reader, () => ({
          partition: reader.int32(),
          size: reader.int64(),
          lag: reader.int64(),
          isFuture: reader.boolean(),
        })),
      })),
    };
  },
};

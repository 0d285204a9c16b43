import type { BackgroundWriter } from '../files/background-writer.js';
import type { FileSystem } from '../files/file-system.js';
import type { OpenFiles } from '../files/open-files.js';
import type { ProducerLimits } from '../producers/producer-states.js';
import type { DamagedRange } from '../segment/damaged-range.js';
import type { PartitionId } from '../segment/index-layout.js';
import type { StoredIndexes } from '../segment/stored-indexes.js';
import type { TopicConfigs } from '../topics/topic-file.js';

/** What partitions share. */
export interface PartitionParts {
  readonly files: FileSystem;
  /** For segments. */
  readonly openFiles: OpenFiles;
  readonly indexes: StoredIndexes;
  readonly writer: BackgroundWriter;
  /** How large a segment of a topic with these settings may grow. */
  readonly segmentBytes: (configs: TopicConfigs) => number;
  readonly producers: ProducerLimits;
  /** ms since 1970. */
  readonly now: () => number;
  /** Damage was found while the log was open. */
  readonly onDamage: (partition: PartitionId, range: DamagedRange) => void;
}

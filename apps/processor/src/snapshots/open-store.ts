import type { ProcessorConfig } from '../config.js';
import { FolderStore } from './folder-store.js';
import type { GenerationStore } from './generation-store.js';

/** Where the settings want generations to be kept; undefined: nowhere. */
export async function openStore({
  snapshotDir,
  snapshotBucket: bucket,
  snapshotPrefix: prefix,
  snapshotRegion: region,
  snapshotEndpoint: endpoint,
}: ProcessorConfig): Promise<GenerationStore | undefined> {
  if (snapshotDir !== '') return new FolderStore(snapshotDir);
  if (bucket === '') return undefined;
  // Its SDK costs those who start without it nothing.
  const { S3Store } = await import('./s3-store.js');
  return new S3Store({ bucket, prefix, region, endpoint });
}

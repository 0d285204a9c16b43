import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { GenerationStore } from './generation-store.js';

const CONNECT_WITHIN_MS = 2000;
const ANSWER_WITHIN_MS = 5000;
const MAX_ATTEMPTS = 3;
const PAGE_KEYS = 1000;

export interface S3StoreOptions {
  readonly bucket: string;
  /** Before each name. */
  readonly prefix: string;
  readonly region: string;
  /** Empty: that of AWS for the region. */
  readonly endpoint: string;
  /** Names that are listed at once. */
  readonly pageKeys?: number;
}

/**
 * A bucket of S3, or of what speaks its protocol. Who it is says the environment, as the SDK of AWS reads
 * it. Errors are those of the SDK.
 */
export class S3Store implements GenerationStore {
  private readonly client: S3Client;

  constructor(private readonly options: S3StoreOptions) {
    const { region, endpoint } = options;
    this.client = new S3Client({
      region,
      ...(endpoint === '' ? {} : { endpoint, forcePathStyle: true }),
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, requestTimeout: ANSWER_WITHIN_MS },
      // A generation has a checksum of its own, and not everything that speaks the protocol knows those.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async list(): Promise<readonly string[]> {
    const { bucket, prefix, pageKeys = PAGE_KEYS } = this.options;
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: pageKeys,
          ContinuationToken: token,
        }),
      );
      for (const { Key = '' } of page.Contents ?? []) names.push(Key.slice(prefix.length));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return names;
  }

  async read(name: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand(this.placeOf(name)));
      return Body && Buffer.from(await Body.transformToByteArray());
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  async write(name: string, bytes: Buffer): Promise<void> {
    await this.client.send(new PutObjectCommand({ ...this.placeOf(name), Body: bytes }));
  }

  async remove(name: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.placeOf(name)));
  }

  close(): void {
    this.client.destroy();
  }

  private placeOf(name: string) {
    const { bucket, prefix } = this.options;
    return { Bucket: bucket, Key: `${prefix}${name}` };
  }
}

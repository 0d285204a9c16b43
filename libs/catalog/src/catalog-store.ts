import { existsSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  catalogKey,
  decodeCatalogChange,
  decodeCatalogFields,
  TallyError,
  type CatalogFields,
} from '@tally/contracts';
import type { Catalog } from '@tally/counting';
import type { KeyedRecord } from '@tally/log-client';
import { nodeFileSystem, type Lock } from '@tally/segment-log';
import type { Logger } from '@tally/service-kit';
import type { Database, RootDatabase } from 'lmdb';
import { FoundFields } from './found-fields.js';

/** More processes of one machine do not share a folder. */
const MAX_PLACES = 16;
const FORMAT = '1';
/** Of the first page of an LMDB, behind its header. */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
/** Value of a version by which an entry was deleted; others begin with the magic of an entry. */
const DELETED = Buffer.from([0]);
/** A version lies behind project, NUL, subject and this. */
const OFFSET_BYTES = 8;
const NUL = Buffer.from([0]);

/** What is known of a subject, from that position on. */
export interface CatalogEntry {
  readonly fields: CatalogFields;
  readonly position: bigint;
}

/**
 * All that a catalogue said, on the local disk: an LMDB with a version of a subject under project, NUL,
 * subject, NUL and its offset. How far it was read is written in the transaction that has the versions,
 * so that it may be killed anywhere. It is a copy of the log: one that is damaged is made anew.
 */
export class CatalogStore implements Catalog {
  private readonly found = new FoundFields();

  /**
   * Opens the first copy of the topic's that no other process has open. What cannot be read is thrown
   * away, also where trying it ended the process the last time: a file that is too short does that.
   */
  static async open(dir: string, topic: string, logger: Logger): Promise<CatalogStore> {
    const { place, lock } = takePlace(join(dir, topic));
    const folder = join(place, 'lmdb');
    const marker = join(place, 'opening');
    if (existsSync(marker)) {
      logger.warn({ folder }, 'opening the catalogue was never finished: made anew');
      await rm(folder, { recursive: true, force: true });
    }
    await writeFile(marker, '');
    const open = () => CatalogStore.openAt(folder, topic, lock);
    const store = await open().catch(async (error: unknown) => {
      logger.warn({ error, folder }, 'the catalogue on this disk is damaged: made anew');
      await rm(folder, { recursive: true, force: true });
      return open();
    });
    await rm(marker, { force: true });
    return store;
  }

  private static async openAt(folder: string, topic: string, lock: Lock): Promise<CatalogStore> {
    await assertLmdb(join(folder, 'data.mdb'));
    // Where there is no catalogue it is not loaded.
    const lmdb = await import('lmdb');
    const root = lmdb.open({ path: folder, keyEncoding: 'binary', encoding: 'binary', maxDbs: 2 });
    try {
      const versions = root.openDB<Buffer, Buffer>({ name: 'versions', ...BINARY });
      const marks = root.openDB<string, string>({ name: 'marks', encoding: 'string' });
      if (marks.get('topic') !== topic || marks.get('format') !== FORMAT) {
        root.transactionSync(() => {
          versions.clearSync();
          marks.clearSync();
          marks.putSync('format', FORMAT);
          marks.putSync('topic', topic);
          marks.putSync('position', '0');
        });
      }
      // All of it is read once, so that what is damaged is found here.
      for (const { value } of versions.getRange())
        if (!value.equals(DELETED)) decodeCatalogFields(value);
      return new CatalogStore(root, versions, marks, lock);
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  private reached: bigint;

  private constructor(
    private readonly root: RootDatabase,
    private readonly versions: Database<Buffer, Buffer>,
    private readonly marks: Database<string, string>,
    private readonly lock: Lock,
  ) {
    this.reached = BigInt(marks.get('position') ?? 0);
  }

  /** The offset of the next record that it needs. */
  get position(): bigint {
    return this.reached;
  }

  reaches(position: bigint): boolean {
    return position <= this.reached;
  }

  fields(project: string, subject: string, position: bigint): CatalogFields | undefined {
    if (!this.reaches(position))
      throw new RangeError(`expected a position up to ${this.reached}, got ${position}`);
    const name = `${project}\0${subject}`;
    const known = this.found.get(name, position);
    if (known !== undefined) return known.fields;
    const found = this.lookUp(catalogKey(project, subject), position);
    this.found.set(name, found);
    return found.fields;
  }

  /** What was read last of the subject, and the position behind that; undefined: nothing is known. */
  latest(project: string, subject: string): CatalogEntry | undefined {
    const { fields, above } = this.lookUp(catalogKey(project, subject), this.reached);
    return fields && { fields, position: above + 1n };
  }

  /**
   * The next records, in order. Durable when it resolves. TallyError `unavailable` where some before
   * them are gone: what they said nobody knows then; and where they could not be written.
   *
   * @returns Offsets of those that are no entries, and say nothing.
   */
  async apply(records: readonly KeyedRecord[]): Promise<bigint[]> {
    const end = records.at(-1);
    if (end === undefined) return [];
    assertContiguous(this.reached, records);
    const read = records.map(({ offset, key, value }) => ({
      offset,
      value: value ?? DELETED,
      change: decodeCatalogChange(key, value),
    }));
    const position = end.offset + 1n;
    const write = () => {
      for (const { offset, value, change } of read) {
        if (change.kind === 'malformed') continue;
        const key = catalogKey(change.project, change.subject);
        this.versions.putSync(versionKey(key, offset), value);
      }
      this.marks.putSync('position', String(position));
    };
    await this.root.transaction(write).catch((cause: unknown) => {
      throw new TallyError('unavailable', 'the catalogue could not be written', { cause });
    });
    for (const { key } of records) this.found.forget(key?.toString() ?? '');
    this.reached = position;
    return read.flatMap(({ offset, change }) => (change.kind === 'malformed' ? [offset] : []));
  }

  async close(): Promise<void> {
    await this.root.close();
    this.lock.release();
  }

  private lookUp(key: Buffer, position: bigint) {
    const begin = Buffer.concat([key, NUL]);
    let last: { readonly offset: bigint; readonly fields: CatalogFields | undefined } | undefined;
    if (position > 0n)
      for (const { key: at, value } of this.versions.getRange({
        start: versionKey(key, position - 1n),
        end: begin,
        reverse: true,
        limit: 1,
      }))
        last = {
          offset: at.readBigUInt64BE(begin.length),
          fields: value.equals(DELETED) ? undefined : decodeCatalogFields(value),
        };
    const end = Buffer.concat([begin, Buffer.alloc(OFFSET_BYTES, 0xff)]);
    const [next] = this.versions.getKeys({ start: versionKey(key, position), end, limit: 1 });
    return {
      fields: last?.fields,
      above: last?.offset ?? -1n,
      upTo: next?.readBigUInt64BE(begin.length),
    };
  }
}

/** A place that no other process has: it would write into the same file, or throw it away. */
function takePlace(folder: string): { readonly place: string; readonly lock: Lock } {
  for (let number = 0; ; number++) {
    const place = join(folder, String(number));
    try {
      return { place, lock: nodeFileSystem.lock(place) };
    } catch (error) {
      if (number + 1 === MAX_PLACES) throw error;
    }
  }
}

/** LMDB would read whatever it is as if it were its own, and end the process. RangeError. */
async function assertLmdb(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const start = Buffer.alloc(MAGIC_AT + 4);
  const handle = await open(file);
  try {
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    if (bytesRead > 0 && start.readUInt32LE(MAGIC_AT) !== MAGIC)
      throw new RangeError(`expected an LMDB in ${file}`);
  } finally {
    await handle.close();
  }
}

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

function versionKey(key: Buffer, offset: bigint): Buffer {
  const bytes = Buffer.alloc(key.length + NUL.length + OFFSET_BYTES);
  key.copy(bytes);
  bytes.writeBigUInt64BE(offset, key.length + NUL.length);
  return bytes;
}

function assertContiguous(position: bigint, records: readonly KeyedRecord[]): void {
  let next = position;
  for (const { offset } of records) {
    if (offset !== next)
      throw new TallyError(
        'unavailable',
        `expected offset ${next} of the catalogue, the log went on at ${offset}: what was between says nothing any more`,
      );
    next += 1n;
  }
}

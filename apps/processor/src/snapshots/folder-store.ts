import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HOUR_MS } from '@tally/contracts';
import { parseGenerationFileName } from '@tally/counting';
import type { GenerationStore } from './generation-store.js';

/** Of a file that is being written, behind a number of its own: others may write the same. */
const UNFINISHED = /\.[0-9a-f]{8}\.new$/;

/** A folder of this machine, which processors may share. Files that are not its own are left alone. */
export class FolderStore implements GenerationStore {
  constructor(private readonly folder: string) {}

  async list(): Promise<readonly string[]> {
    await mkdir(this.folder, { recursive: true });
    const names = await readdir(this.folder);
    for (const name of names) if (await this.isLeftOver(name)) await this.remove(name);
    return names;
  }

  async read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.folder, name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async write(name: string, bytes: Buffer): Promise<void> {
    const unfinished = `${name}.${randomBytes(4).toString('hex')}.new`;
    try {
      await this.writeDurably(unfinished, bytes);
      await rename(join(this.folder, unfinished), join(this.folder, name));
    } catch (error) {
      await this.remove(unfinished);
      throw error;
    }
    await this.syncFolder();
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }

  private async writeDurably(name: string, bytes: Buffer): Promise<void> {
    const file = await open(join(this.folder, name), 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private async syncFolder(): Promise<void> {
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Whoever wrote it has ended long ago. */
  private async isLeftOver(name: string): Promise<boolean> {
    if (!UNFINISHED.test(name)) return false;
    if (parseGenerationFileName(name.replace(UNFINISHED, '')) === undefined) return false;
    try {
      return Date.now() - (await stat(join(this.folder, name))).mtimeMs > HOUR_MS;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

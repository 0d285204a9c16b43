import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toldRecords, type GenerationFile } from '@tally/counting';
import type { Random } from '../traffic/random.js';

/** Of a generation (docs/formats/window-generation.md): where the name of its topic lies. */
const TOPIC_AT = 26;
const CRC_BYTES = 4;
const EVENT_BYTES = 18;
const WAYS = ['left', 'left', 'removed', 'cut', 'damaged', 'damaged', 'exchanged'] as const;

/** Does something to each file of a generation, or nothing; says to how many what. */
export function spoilFiles(
  folder: string,
  files: readonly GenerationFile[],
  random: Random,
): string {
  const done = new Map<string, number>();
  const exchanged: string[] = [];
  for (const file of files) {
    const path = join(folder, file.name);
    const way = random.pick(WAYS);
    if (!existsSync(path)) continue;
    done.set(way, (done.get(way) ?? 0) + 1);
    if (way === 'removed') rmSync(path);
    if (way === 'cut') truncateSync(path, random.between(0, readFileSync(path).length - 1));
    if (way === 'damaged') damage(path, file);
    if (way === 'exchanged') exchanged.push(path);
  }
  for (const path of exchanged) exchange(path, join(folder, random.pick(files).name));
  return [...done].map(([way, count]) => `${count} files ${way}`).join(', ');
}

/** A bit of each event: only the checksum tells that none of its ids is what it was. */
function damage(path: string, file: GenerationFile): void {
  const bytes = readFileSync(path);
  const from = TOPIC_AT + file.topic.length;
  const to = bytes.length - CRC_BYTES;
  if (to < from) return;
  const generation = { kind: 'generation', ...file, events: 0, bytes, from, to } as const;
  for (const told of toldRecords(generation))
    for (let at = told.from; at < told.to; at += EVENT_BYTES)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

/** Each under the name of the other. */
function exchange(one: string, other: string): void {
  if (!existsSync(other)) return;
  const aside = `${one}.aside`;
  renameSync(one, aside);
  if (existsSync(other)) renameSync(other, one);
  renameSync(aside, other);
}

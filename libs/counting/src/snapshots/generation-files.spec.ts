import { describe, expect, it } from '@jest/globals';
import {
  GenerationFiles,
  generationFileName,
  parseGenerationFileName,
} from './generation-files.js';

const TOPIC = 'events-0123456789abcdef';
const WINDOW_MS = 1000;
const nameOf = (first: number, end: number, lastMs = 0, partition = 3) =>
  generationFileName(TOPIC, { partition, first: BigInt(first), end: BigInt(end), lastMs });

function filesOf(...names: readonly string[]): GenerationFiles {
  const files = new GenerationFiles(TOPIC, WINDOW_MS);
  for (const name of names) files.add(name);
  return files;
}

describe('files of generations', () => {
  it('say by their names what is in them', () => {
    const name = nameOf(5, 9, 1_764_000_000_000);
    expect(name).toBe('events-0123456789abcdef.3.5-9.1764000000000.window');
    expect(parseGenerationFileName(name)).toEqual({
      topic: TOPIC,
      partition: 3,
      first: 5n,
      end: 9n,
      lastMs: 1_764_000_000_000,
      name,
    });
  });

  it.each(['', 'a.window', `${nameOf(5, 9)}.new`, `x${nameOf(5, 9)}`, nameOf(5, 9).toUpperCase()])(
    'are not those named %p',
    (name) => {
      expect(parseGenerationFileName(name)).toBeUndefined();
      expect(filesOf().add(name)).toBe(false);
    },
  );

  it('are those of one topic', () => {
    expect(filesOf().add(nameOf(5, 9).replace('f.', 'e.'))).toBe(false);
  });

  it('hold the record that is looked for, the furthest first, and nothing from the start on', () => {
    const files = filesOf(nameOf(0, 5), nameOf(4, 8), nameOf(5, 7), nameOf(6, 9), nameOf(5, 12));
    files.add(nameOf(0, 12, 0, 4));
    const found = (from: bigint, to: bigint) => files.holding(3, from, to).map(({ name }) => name);
    expect(found(5n, 10n)).toEqual([nameOf(4, 8), nameOf(5, 7)]);
    expect(found(5n, 12n)).toEqual([nameOf(5, 12), nameOf(4, 8), nameOf(5, 7)]);
    expect(found(5n, 6n)).toEqual([]);
    expect(found(12n, 20n)).toEqual([]);
  });

  it('are outdated two windows before the newest of their partition', () => {
    const files = filesOf(nameOf(0, 5, 999), nameOf(5, 7, 1000), nameOf(7, 9, 3000));
    files.add(nameOf(0, 5, 0, 4));
    expect(files.outdated(3).map(({ name }) => name)).toEqual([nameOf(0, 5, 999)]);
    files.remove(nameOf(0, 5, 999));
    expect(files.outdated(3)).toEqual([]);
    expect(files.outdated(4)).toEqual([]);
  });
});

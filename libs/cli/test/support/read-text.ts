import { Readable } from 'node:stream';
import type { FormatOptions } from '../../src/import/format.js';
import { recordsOf } from '../../src/import/formats.js';
import { openInput } from '../../src/import/input.js';

/** As without any option of the command line. */
export const NO_OPTIONS: FormatOptions = {
  format: undefined,
  type: 'view',
  keepQuery: false,
  mapping: new Map(),
  zone: undefined,
  decimalComma: false,
};

/** What an input is taken for, when nobody says it, and its events, with the id "given", or reasons. */
export async function readText(
  text: string | Buffer,
  options: Partial<FormatOptions> = {},
): Promise<readonly unknown[]> {
  const input = await openInput('-', Readable.from([Buffer.from(text)]));
  const found: unknown[] = [];
  const records = recordsOf(input, { ...NO_OPTIONS, ...options }, (title) => found.push(title));
  for await (const record of records) {
    const reading = record.read('given');
    if (reading.kind === 'event') found.push(JSON.parse(reading.json));
    if (reading.kind === 'unreadable') found.push(reading.reason);
  }
  return found;
}

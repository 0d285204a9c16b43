import { describe, expect, it } from '@jest/globals';
import {
  catalogKey,
  catalogTopic,
  decodeCatalogChange,
  encodeCatalogFields,
} from './catalog-entry.js';

const key = catalogKey('default', 'video-42');
const fields = { owner: 'ann', title: 'Übung' };

/** What is wrong with a value. */
function reasonOf(value: unknown): string {
  const json = Buffer.from(JSON.stringify(value));
  const change = decodeCatalogChange(key, Buffer.concat([Buffer.from('54430100', 'hex'), json]));
  return change.kind === 'malformed' ? change.reason : '';
}

describe('a record of a catalogue', () => {
  const value = encodeCatalogFields(fields);

  it('has this layout for ever, byte for byte', () => {
    expect(key.toString('hex')).toBe('64656661756c7400766964656f2d3432');
    expect(value.toString('hex')).toBe(
      '54430100' + Buffer.from('{"owner":"ann","title":"Übung"}').toString('hex'),
    );
  });

  it('is read as it was written, and without a value as a deletion', () => {
    const whose = { kind: 'change', project: 'default', subject: 'video-42' };
    expect(decodeCatalogChange(key, value)).toEqual({ ...whose, fields });
    expect(decodeCatalogChange(key, null)).toEqual({ ...whose, fields: undefined });
    expect(decodeCatalogChange(key, encodeCatalogFields({}))).toEqual({ ...whose, fields: {} });
  });

  it.each([
    [null],
    [Buffer.from('video-42')],
    [Buffer.from('default\0')],
    [Buffer.from('No Project\0video-42')],
    [Buffer.from('default\0a\0b')],
    [Buffer.from('default\0\xff', 'latin1')],
    [catalogKey('default', 'x'.repeat(513))],
  ])('with the key %j is none', (other) => {
    expect(decodeCatalogChange(other, value).kind).toBe('malformed');
  });

  it('whose value begins otherwise is none', () => {
    for (const start of ['', '5443', '54430000', '54430200', '54430101', '54440100', '544301007b'])
      expect(decodeCatalogChange(key, Buffer.from(start, 'hex')).kind).toBe('malformed');
  });

  it.each([
    [[], 'at most 16 fields'],
    [{ owner: 7 }, 'are texts'],
    [{ owner: 'x'.repeat(257) }, 'are texts'],
    [{ owner: 'é'.repeat(129) }, 'are texts'],
    [{ owner: 'a\0' }, 'are texts'],
    [{ owner: '\ud83d' }, 'are texts'],
    [{ '': 'ann' }, 'names of fields'],
    [{ ['x'.repeat(65)]: 'ann' }, 'names of fields'],
    [Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`f${at}`, ''])), 'at most 16'],
    [{ a: 'x'.repeat(256), b: 'x'.repeat(256), c: 'x'.repeat(256) }, '768 bytes'],
  ])('with the fields %j is none', (wrong, reason) => {
    expect(reasonOf(wrong)).toContain(reason);
  });

  it('has a topic beside that of the events', () => {
    expect(catalogTopic('events-0123456789abcdef')).toBe('catalog-0123456789abcdef');
    expect(() => catalogTopic('events-0')).toThrow(RangeError);
  });
});

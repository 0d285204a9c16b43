import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseDocument, readDocument } from './read-document.js';

const schema = z.object({ epoch: z.int('expected an epoch') }, 'expected an object');

describe('a document', () => {
  it('is read without what its schema does not know', () => {
    expect(readDocument(schema, { epoch: 1, more: 'of a later version' })).toEqual({
      kind: 'document',
      value: { epoch: 1 },
    });
  });

  it('says the first thing that is wrong with it', () => {
    expect(readDocument(schema, { epoch: 1.5 })).toEqual({
      kind: 'malformed',
      problem: 'expected an epoch',
    });
    expect(() => parseDocument(schema, null)).toThrow(new RangeError('expected an object'));
  });
});

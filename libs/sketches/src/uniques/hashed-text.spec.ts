import { describe, expect, it } from '@jest/globals';
import { attributeId, HashedText } from './hashed-text.js';

const hash = (text: string): string => {
  const { high, low } = new HashedText().take(text);
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
};

describe('the hash of a text', () => {
  it.each([
    ['', '0000000000000000'],
    // As the package mmh3 of Python computes them.
    ['I will not buy this record, it is scratched.', 'a0a9683b25ac5e40'],
    ['s1', '670267c6ec40da44'],
    ['n1', '903493ddb8e58464'],
    ['t', '551b2816138cc122'],
    ['sé😀', '9501fc69557b9c44'],
  ])('%j is the same for ever', (text, expected) => expect(hash(text)).toBe(expected));

  it('does not depend on what was hashed before, short or long', () => {
    const one = new HashedText();
    const texts = ['x'.repeat(5000), 'é'.repeat(700), 'a', 'seventeen letters', ''];
    for (const text of texts) {
      const { high, low } = one.take(text);
      expect({ high, low }).toEqual({ ...pick(new HashedText().take(text)) });
    }
  });

  it('is that of the UTF-8 of the text, of whatever length', () => {
    const hashes = new Set(Array.from({ length: 100 }, (_, length) => hash('é'.repeat(length))));
    expect(hashes.size).toBe(100);
  });

  it('of the name of an attribute has a sign', () => {
    expect(attributeId('user')).toBe(BigInt.asIntN(64, BigInt(`0x${hash('user')}`)));
  });
});

function pick({ high, low }: HashedText) {
  return { high, low };
}

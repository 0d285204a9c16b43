/** A text that has a NUL or half of a surrogate pair: no bytes of UTF-8 could give it back. */
export const ILL_FORMED = -1;

/** Bytes of a text in UTF-8, or ILL_FORMED. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      if (unit === 0) return ILL_FORMED;
    } else if (unit < 0x800) {
      bytes += 1;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes += 2;
    } else {
      const next = unit < 0xdc00 ? text.charCodeAt(at + 1) : 0;
      // NaN behind the end is not in the range either.
      if (!(next >= 0xdc00 && next <= 0xdfff)) return ILL_FORMED;
      // Two units, four bytes.
      bytes += 2;
      at += 1;
    }
  }
  return bytes;
}

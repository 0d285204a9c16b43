/** Most bytes of UTF-8 in the name of an attribute. */
export const ATTRIBUTE_NAME_BYTES = 64;

/**
 * 1 to 64 bytes of UTF-8 without NUL and lone surrogates. `__proto__` is nobody's attribute: an
 * object of JavaScript cannot hold it like the others.
 */
export function isAttributeName(text: string): boolean {
  return (
    text !== '' &&
    text !== '__proto__' &&
    !text.includes('\0') &&
    !/\p{Surrogate}/u.test(text) &&
    Buffer.byteLength(text) <= ATTRIBUTE_NAME_BYTES
  );
}

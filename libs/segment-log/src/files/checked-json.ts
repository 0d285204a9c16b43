import { crc32c } from '@node-rs/crc32';

/** JSON for people, with a checksum as its last field: a changed digit is no other number. */
export function toCheckedJson(content: object): string {
  return `${JSON.stringify({ ...content, crc: crc32c(JSON.stringify(content)) }, null, 2)}\n`;
}

/** Throws when it is not what was written. Files of the first version have no checksum. */
export function parseCheckedJson(text: string): unknown {
  const { crc, ...content } = JSON.parse(text) as Record<string, unknown>;
  if (crc !== undefined && crc !== crc32c(JSON.stringify(content))) {
    throw new Error('its checksum does not fit');
  }
  return content;
}

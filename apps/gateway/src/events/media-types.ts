/** The types of a JSON text; browsers send `text/plain` when a page closes (sendBeacon). */
export const JSON_TYPES = ['application/json', 'text/plain', 'text/json'] as const;
/** The names that JSON lines go by: nobody ever registered one. */
export const LINES_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonl',
  'application/jsonlines',
  'application/x-jsonlines',
  'application/json-lines',
  'application/x-json-lines',
  'application/x-json-stream',
  'application/stream+json',
  'text/x-ndjson',
  'text/ndjson',
  'text/jsonl',
  'text/x-jsonl',
] as const;
/** All types in which events are taken. */
export const EVENT_MEDIA_TYPES = [...JSON_TYPES, ...LINES_TYPES];

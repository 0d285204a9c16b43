import { unescapeBytes } from '../access/request-line.js';

/** What a line of JSON has by name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that a line is; undefined when it is none. */
export function objectOf(line: string): JsonObject | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as JsonObject;
  } catch {
    return undefined;
  }
}

/** The same, also of a line in which bytes are escaped as `\xc3\xa9`, as nginx does without `escape=json`. */
export function loggedObjectOf(line: string): JsonObject | undefined {
  return objectOf(line) ?? (line.includes('\\x') ? objectOf(mended(line)) : undefined);
}

/** `request.uri`: the member of that name, or member `uri` of member `request`. */
export function member(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  let value: unknown = object;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as JsonObject)[part];
  }
  return value;
}

function mended(line: string): string {
  return line.replace(/((?:\\x[0-9a-fA-F]{2})+)|\\./gs, (all, hex?: string) =>
    hex === undefined ? all : JSON.stringify(unescapeBytes(hex)).slice(1, -1),
  );
}

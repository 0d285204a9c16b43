import type { Endpoint, Target } from './attack.js';

/** The head of a request of HTTP/1.1, with a blank line behind it. */
export function headOf(
  at: Endpoint,
  line: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const fields = Object.entries({ host: `${at.host}:${at.port}`, ...headers });
  return `${line} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** The header of who may ask; none where the gateway is open. */
export function keyOf({ apiKey }: Target): Record<string, string> {
  return apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
}

/** Headers of a body of events. */
export function eventHeaders(target: Target, length: string): Record<string, string> {
  const [name = '', value = ''] = length.split(': ');
  return { ...keyOf(target), 'content-type': 'application/json', [name]: value };
}

import { createConnection } from 'node:net';
import type { Endpoint } from './attack.js';

/** What came back until the server closed the connection, or the time was up. */
export interface Exchanged {
  readonly text: string;
  /** Of the first answer; undefined: none came that is HTTP. */
  readonly status: number | undefined;
  readonly isClosed: boolean;
}

/** Of a head and its body, as far as an answer has to be whole. */
const WHOLE = /^HTTP\/1\.1 \d{3} [^]*?\r\n\r\n[^]+[}\n]\s*$/;

/**
 * Sends bytes and reads what comes; its own half of the connection stays open. With `isFirstEnough` it
 * does not wait for the end of the connection when an answer is there.
 */
export function exchange(
  { host, port }: Endpoint,
  bytes: Buffer | string,
  withinMs: number,
  isFirstEnough = false,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, allowHalfOpen: true });
    let text = '';
    const done = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
      resolve({ text, status: status === undefined ? undefined : Number(status), isClosed });
    };
    const timer = setTimeout(() => done(false), withinMs);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (isFirstEnough && WHOLE.test(text)) done(false);
    });
    // A reset ends it as well as an orderly end does.
    socket.on('error', () => undefined);
    socket.once('end', () => done(true));
    socket.once('close', () => done(true));
    socket.write(bytes);
  });
}

/** Bytes as they are shown to people: what is not printable escaped, and not all of many. */
export function shown(bytes: Buffer | string): string {
  const text = JSON.stringify(bytes.toString('latin1'));
  return text.length <= 400 ? text : `${text.slice(0, 400)}… (${bytes.length} bytes)`;
}

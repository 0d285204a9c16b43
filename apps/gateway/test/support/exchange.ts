import { connect } from 'node:net';

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are, and gives back all that came until the connection was closed. */
export function exchange(port: number, request: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    // So that an answer that does not come fails the test, not the run.
    socket.setTimeout(15_000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

/** The first answer in what came; one of 100 before it is left out. */
export function answerIn(text: string): RawAnswer {
  const [, head = '', body = ''] =
    /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?(HTTP.*?)\r\n\r\n(.*)$/s.exec(text) ?? [];
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, body };
}

// The one sender that is not @tally/client, because it measures: bodies are encoded before the clock
// starts, a connection is one socket, each request is timed, and it costs as little CPU as Node's own
// client does, since what the generator takes the services lack. A refusal is counted and sent again
// soon, so that it shows in the figures and not as a long wait.
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventStream } from './event-stream.js';

const RETRY_MS = 50;
/** Refusals in a row that mean that something is broken. */
const MAX_REFUSALS = 200;

/** How a stream went. */
export interface Sending {
  /** From the first request to the last acknowledgement. */
  readonly ms: number;
  /** Time of each acknowledged request, in ms. */
  readonly latencies: readonly number[];
  /** Requests answered with 429 or 503 and sent again. */
  readonly refused: number;
}

/**
 * Sends all bodies, as fast as so many connections are answered; the URLs share the connections. Throws
 * when an event is not accepted.
 */
export async function sendAll(
  urls: readonly string[],
  { bodies, sizes }: Pick<EventStream, 'bodies' | 'sizes'>,
  connections: number,
): Promise<Sending> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  let [next, refused] = [0, 0];
  const started = performance.now();
  const connection = async (url: string) => {
    for (let index = next++; index < bodies.length; index = next++) {
      const body = bodies[index] ?? Buffer.alloc(0);
      for (let tries = 1; ; tries++) {
        const sent = performance.now();
        const { status, text } = await post(url, body, agent);
        if (status === 202) {
          latencies.push(performance.now() - sent);
          if ((JSON.parse(text) as { accepted: number }).accepted !== sizes[index])
            throw new Error(`not all of ${sizes[index]} events were accepted: ${text}`);
          break;
        }
        if ((status !== 429 && status !== 503) || tries === MAX_REFUSALS)
          throw new Error(`${url} answered ${status}: ${text}`);
        refused += 1;
        await delay(RETRY_MS);
      }
    }
  };
  await Promise.all(
    Array.from({ length: connections }, (_, index) => connection(urls[index % urls.length] ?? '')),
  );
  agent.destroy();
  return { ms: performance.now() - started, latencies, refused };
}

function post(url: string, body: Buffer, agent: Agent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

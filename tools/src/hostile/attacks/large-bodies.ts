import { gzipSync } from 'node:zlib';
import type { Attack, Target } from '../attack.js';
import { exchange, shown } from '../exchange.js';
import { Counts, flood } from '../flood.js';
import { eventHeaders, headOf } from '../http-head.js';

const AT_ONCE = 4;
const ANSWERED_WITHIN_MS = 20_000;
const NAMES = 500_000;
const EVENTS = 9000;
const DEPTH = 1_000_000;
const DIGITS = 2_000_000;

interface Body {
  readonly name: string;
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly statuses: readonly number[];
}

const BUSY = [429, 503];
const EVENT = { type: 'view', subject: 'hostile' };

/** Made once: making them takes longer than sending them. */
function bodies(run: number): Body[] {
  const text = (name: string, content: string, ...statuses: number[]): Body => ({
    name,
    bytes: Buffer.from(content),
    statuses: [...statuses, ...BUSY],
  });
  const names = Array.from({ length: NAMES }, (_, at) => `"n${at}":1`).join(',');
  const events = Array.from({ length: EVENTS }, (_, at) => ({
    id: `hostile-${run}-${at}`,
    ...EVENT,
  }));
  const same = '"subject":"hostile",'.repeat(100_000);
  return [
    text('500 000 names', `{"type":"view","subject":"hostile","attributes":{${names}}}`, 422),
    text('500 000 names outside', `{${names}}`, 422),
    text('9 000 events', JSON.stringify(events), 202),
    text('deep arrays', '['.repeat(DEPTH), 400),
    text('deep objects', '{"a":'.repeat(DEPTH), 400),
    text('deep, closed', `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`, 400, 422),
    text('a huge number', `{"type":"view","subject":"hostile","value":${'9'.repeat(DIGITS)}}`, 422),
    text(
      'a huge exponent',
      `{"type":"view","subject":"hostile","value":1e${'9'.repeat(1000)}}`,
      422,
    ),
    text('a name given often', `{${same}"type":"vie w"}`, 422),
    text('many empty elements', `[${'{},'.repeat(9_999)}{}]`, 422),
    text('too many elements', `[${'1,'.repeat(2_000_000)}1]`, 400, 413, 422),
    text('one long text', `{"type":"view","subject":"${'x'.repeat(8_000_000)}"}`, 422),
    text('escapes', `{"type":"view","subject":"${'\\ud83d'.repeat(1_000_000)}"}`, 422),
    text('blanks', ' '.repeat(8_000_000), 400),
    {
      name: 'gzip of 1 GiB',
      bytes: bomb(),
      headers: { 'content-encoding': 'gzip' },
      statuses: [400, 413, 415, 422, ...BUSY],
    },
  ];
}

/** A thousand members of gzip one behind the other, each of 1 MiB of blanks. */
function bomb(): Buffer {
  const member = gzipSync(Buffer.alloc(1 << 20, ' '), { level: 9 });
  return Buffer.concat(Array.from({ length: 1024 }, () => member));
}

export const largeBodies: Attack = {
  name: 'large-bodies',
  story:
    'Bodies that take long to look at: half a million names, 9 000 events, a million levels, numbers of two million digits, one name a hundred thousand times, a gibibyte as gzip.',
  door: 'gateway',
  async inflict({ target, pick, over }) {
    const counts = new Counts();
    const problems: string[] = [];
    const all = bodies(pick(2 ** 30));
    let next = pick(all.length);
    await flood(over, AT_ONCE, async () => {
      const body = all[next++ % all.length];
      if (body === undefined) return;
      const { status, text } = await send(target, body);
      counts.add(`${body.name} ${status ?? 'no answer'}`);
      if (status !== undefined && !body.statuses.includes(status))
        problems.push(
          `${body.name}: expected ${body.statuses.join(' or ')}, got ${shown(text)} for ${shown(body.bytes)}`,
        );
    });
    return { evidence: counts.text, problems };
  },
};

function send(target: Target, { bytes, headers }: Body) {
  const head = headOf(target.gateway, 'POST /v1/events', {
    ...eventHeaders(target, `content-length: ${bytes.length}`),
    connection: 'close',
    ...headers,
  });
  return exchange(target.gateway, Buffer.concat([Buffer.from(head), bytes]), ANSWERED_WITHIN_MS);
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeGroups, encodeRequest, metadata } from '@tally/kafka-wire';
import {
  ExtremeClient,
  extremeRequest,
  pickFrom,
  type ExtremeFigures,
} from '@tally/testing/extreme';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import { HealthyClient } from './fuzz/healthy-client.js';
import { sendHostile } from './fuzz/hostile-client.js';
import { readCorpus, spoiledRequests } from './fuzz/spoiled-requests.js';
import { LogProcess } from './support/log-process.js';

/** tools/log-fuzz sets both: longer runs, and one again that found something. */
const SECONDS = Number(process.env['TALLY_FUZZ_SECONDS'] ?? 20);
const SEED = Number(process.env['TALLY_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const CLIENTS = 16;
const BATCH = 500;
/** Requests of one client that are sent at once. */
const BURST = 25;
/** What the collector may leave between two looks. */
const MAX_GROWTH_BYTES = 96 << 20;

const log = new LogProcess();
beforeAll(async () => {
  await log.start();
  const admin = log.client().admin();
  await admin.connect();
  for (const topic of ['fuzz', 'extreme', 'healthy', 'healthy-too']) {
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
  }
  await admin.disconnect();
}, 60_000);
afterAll(() => log.stop(), 60_000);

const memory = () => log.metric('process_resident_memory_bytes');

/** Sends so many spoiled requests on as many connections, several at a time. */
async function attack(corpus: readonly Buffer[], requests: number, seed: number): Promise<void> {
  const cases = fc.sample(spoiledRequests(corpus), { numRuns: requests, seed });
  const client = async () => {
    for (let bytes = cases.pop(); bytes !== undefined; bytes = cases.pop()) {
      await sendHostile(log.port, bytes);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Runs `attack` again and again beside a healthy client. The log lives on and does not grow. */
async function besideHealthy(
  topic: string,
  attackRound: (round: number) => Promise<unknown>,
  told: () => string,
): Promise<void> {
  const healthy = await HealthyClient.connect(log.port, topic);
  let isOver = false;
  const serving = (async () => {
    while (!isOver) await healthy.appendAndRead();
  })();
  serving.catch(() => (isOver = true));
  const started = performance.now();
  const share = () => (performance.now() - started) / (SECONDS * 1000);
  let warmBytes = 0;
  try {
    for (let round = 0; share() < 1 && !isOver; round++) {
      await attackRound(round);
      expect(log.running).toBe(true);
      if (warmBytes === 0 && share() > 0.4) warmBytes = await memory();
    }
  } finally {
    isOver = true;
  }
  await serving;
  const grown = (await memory()) - warmBytes;
  process.stdout.write(
    `seed ${SEED}: ${told()}, ${healthy.done} records appended and read, memory grew by ${Math.round(grown / 2 ** 20)} MiB\n`,
  );
  expect(log.running).toBe(true);
  expect(healthy.done).toBeGreaterThan(0);
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  healthy.close();
}

describe('requests that were spoiled', () => {
  it(
    'neither end the log nor hang it nor fill its memory, and others are served meanwhile',
    async () => {
      const corpus = readCorpus();
      let sent = 0;
      await besideHealthy(
        'healthy',
        async (round) => {
          await attack(corpus, BATCH, SEED + round);
          sent += BATCH;
        },
        () => `${sent} spoiled requests`,
      );
    },
    SECONDS * 1000 + 60_000,
  );
});

describe('requests of any API with extreme numbers and lengths', () => {
  it(
    'neither end the log nor hang it nor fill its memory, and others are served meanwhile',
    async () => {
      const figures: ExtremeFigures = { answered: 0, hungUp: 0, waiting: 0 };
      const pick = pickFrom(SEED);
      const clients = Array.from({ length: CLIENTS }, () => new ExtremeClient(log.port, figures));
      const bursts = async (client: ExtremeClient) => {
        for (let sent = 0; sent < BATCH; sent += BURST)
          await client.send(Array.from({ length: BURST }, (_, at) => extremeRequest(pick, at)));
      };
      await besideHealthy(
        'healthy-too',
        () => Promise.all(clients.map(bursts)),
        () =>
          `${figures.answered} extreme requests answered, ${figures.hungUp} connections ended by the log and ${figures.waiting} that waited`,
      );
      expect(figures.answered).toBeGreaterThan(0);
      for (const client of clients) client.close();
    },
    SECONDS * 1000 + 60_000,
  );
});

describe('a request that names one thing very often', () => {
  const names = Array.from({ length: 50_000 }, () => 'fuzz');
  it.each<[string, Buffer[]]>([
    ['a topic', encodeRequest(metadata, { topics: names })],
    ['a group', encodeRequest(describeGroups, { groups: names })],
  ])('is answered once for %s: an answer must not be many times its request', async (_, frame) => {
    const client = await KafkaConnection.open(log.port);
    expect((await client.exchange(frame)).length).toBeLessThan(1000);
    client.close();
  });
});

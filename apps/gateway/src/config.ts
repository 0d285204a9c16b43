import { DAY_MS } from '@tally/contracts';
import {
  type ConfigOf,
  discoverySettings,
  gatheringSettings,
  hostNames,
  line,
  port,
  serviceSettings,
  setting,
  wholeNumber,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  port: setting('TALLY_PORT', port(8080), 'port of the public REST API'),
  apiKey: setting(
    'TALLY_API_KEY',
    line('a key', ''),
    'key that callers present as `Authorization: Bearer <key>`; empty: open to everybody, which only a loopback address may be',
    { secret: true },
  ),
  adminKey: setting(
    'TALLY_ADMIN_KEY',
    line('a key', ''),
    'key of those who may define event types and accept losses; empty: nobody may',
    { secret: true },
  ),
  allowedHosts: setting(
    'TALLY_ALLOWED_HOSTS',
    hostNames(),
    'names under which callers may ask beside loopback ones, comma-separated; `*.example.org`: all below a name, `*`: any; empty: none without an API key, any with one, which no web page has',
  ),
  appendTimeoutMs: setting(
    'TALLY_APPEND_TIMEOUT_MS',
    wholeNumber(1, 60_000, 5000),
    'how long the log may take to confirm a batch before the outcome counts as unknown; twenty times the slowest healthy append',
  ),
  ...gatheringSettings({
    to: 'partitioners',
    maxSentBytes: 1 << 20,
    maxInFlight: { most: 256, fallback: 16 },
    worthwhileBytes: 512 << 10,
  }),
  statsTimeoutMs: setting(
    'TALLY_STATS_TIMEOUT_MS',
    wholeNumber(1, 60_000, 5000),
    'how long an answer of statistics may take; people do not wait longer',
  ),
  maxConnections: setting(
    'TALLY_MAX_CONNECTIONS',
    wholeNumber(1, 1_000_000, 10_000),
    'open connections; half of the descriptors that a process often may have',
  ),
  maxConnectionsPerAddress: setting(
    'TALLY_MAX_CONNECTIONS_PER_ADDRESS',
    wholeNumber(1, 1_000_000, 5000),
    'open connections from one address; half of all, so that one address cannot shut out the others, and enough for a balancer, which is one address',
  ),
  requestTimeoutMs: setting(
    'TALLY_REQUEST_TIMEOUT_MS',
    wholeNumber(1000, 600_000, 30_000),
    'how long a caller may take to send a request; slow ones hold memory',
  ),
  maxInFlightBytes: setting(
    'TALLY_MAX_IN_FLIGHT_BYTES',
    wholeNumber(8 << 20, 2 ** 32, 64 << 20),
    'bodies of events being received and processed, in bytes that came, one connection a quarter of it or one body, one address three quarters; what comes then is refused, so that memory stays bounded: each byte costs up to ten while it is parsed',
  ),
  maxPoints: setting(
    'TALLY_MAX_POINTS',
    wholeNumber(1, 100_000, 100_000),
    'most points (subjects times windows that it has) of one answer; more would not fit into the 16 MiB of a message',
  ),
  maxFilledPoints: setting(
    'TALLY_MAX_FILLED_POINTS',
    wholeNumber(1, 100_000, 20_000),
    'most points of one answer with fill=zero: they cost nothing to ask for, and 2 MB to read; two weeks of minutes',
  ),
  maxAnswerBytes: setting(
    'TALLY_MAX_ANSWER_BYTES',
    wholeNumber(16 << 20, 2 ** 34, 256 << 20),
    'memory of answers that are made or read, in bytes, one connection a quarter of it, one address three quarters; what is asked then is refused: six of the largest answers at once',
  ),
  writeTimeoutMs: setting(
    'TALLY_WRITE_TIMEOUT_MS',
    wholeNumber(100, 600_000, 15_000),
    'how long a reader may take for what is written of an answer, 64 KiB at once of a long one, until it is disconnected: it holds memory and a connection; below the time to drain. A connection on which nothing is asked or answered is kept for 72 s',
  ),
  staleAfterMs: setting(
    'TALLY_STALE_AFTER_MS',
    wholeNumber(1000, DAY_MS, 10_000),
    'an answer that is complete to an instant longer ago says that it is stale; ten rounds of what keeps the instant going',
  ),
};

export type GatewayConfig = ConfigOf<typeof settings>;

import { parseArgs } from 'node:util';
import { sheetOf, type Load, type Sheet } from './capacity.js';

const USAGE = `usage: tools/capacity --rate N [options]

Says how many of what a load needs: processes, cores, memory, disk, network. Arithmetic on what
docs/benchmarks.md measured; no forecast for another machine without its own tools/load.

  --rate N          events per second in the busiest minute
  --batch N         events in a request, default 100
  --event-bytes N   of one event as it is sent, default 130
  --series N        series that get an event within the same minute, default 100000, at most 60 × rate
  --days N          for which windows of a minute are kept, default 90
  --log-days N      for which the log is kept, default 7
  --dedup-seconds N the dedup window, default 600
  --catalog N       entries that are ever put into the catalogue, default 0
  --use N           what of a core may be in use at the peak, in percent, default 60
  --json            the sheet as JSON
  --help            this text
`;

const OPTIONS = {
  rate: { type: 'string' },
  batch: { type: 'string', default: '100' },
  'event-bytes': { type: 'string', default: '130' },
  series: { type: 'string', default: '100000' },
  days: { type: 'string', default: '90' },
  'log-days': { type: 'string', default: '7' },
  'dedup-seconds': { type: 'string', default: '600' },
  catalog: { type: 'string', default: '0' },
  use: { type: 'string', default: '60' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function wrong(problem: string): never {
  process.stderr.write(`capacity: ${problem}\n${USAGE.split('\n', 1)[0]}; --help says more\n`);
  process.exit(2);
}

function parsed() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const values = parsed();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

function amount(
  name: Exclude<keyof typeof OPTIONS, 'json' | 'help'>,
  most: number,
  least = 1,
): number {
  const text = values[name];
  if (text === undefined) return wrong(`--${name} is needed`);
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most
    ? value
    : wrong(`--${name}: expected a whole number from ${least} to ${most}, got ${text}`);
}

const eventsPerSecond = amount('rate', 1e9);
const load: Load = {
  eventsPerSecond,
  batch: amount('batch', 10_000),
  eventBytes: amount('event-bytes', 1 << 20),
  activeSeries: Math.min(amount('series', 1e9), eventsPerSecond * 60),
  retentionDays: amount('days', 36_500),
  logDays: amount('log-days', 36_500),
  dedupSeconds: amount('dedup-seconds', 86_400),
  catalogRecords: amount('catalog', 1e9, 0),
  utilisation: amount('use', 100) / 100,
};
const sheet = sheetOf(load);
process.stdout.write(values.json ? `${JSON.stringify(sheet, null, 2)}\n` : textOf(sheet));

function textOf({ parts, limits, ...rest }: Sheet): string {
  const rows = parts.map(({ name, instances, cores, memoryMiB }) => [
    name,
    String(instances),
    cores.toFixed(2),
    gib(memoryMiB),
  ]);
  const sum = (of: 'cores' | 'memoryMiB') => parts.reduce((all, part) => all + part[of], 0);
  const lines = [
    ['', 'processes', 'cores in use', 'memory'],
    ...rows,
    ['all', '', sum('cores').toFixed(2), gib(sum('memoryMiB'))],
  ].map(([name = '', ...figures]) =>
    [name.padEnd(48), ...figures.map((figure) => figure.padStart(13))].join(''),
  );
  const { network } = rest;
  const mbits = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} Mbit/s`;
  return [
    ...lines,
    '',
    `partitions    ${rest.partitions}`,
    `disk          ${disk(rest.logBytes)} for the log, ${disk(rest.storeBytes)} for ${rest.shards} shards`,
    `besides       ${disk(rest.generationBytes)} for generations of dedup windows, ${disk(rest.catalogBytes)} in the log and with each processor and replayer for the catalogue`,
    `network       ${mbits(network.clients)} from clients, ${mbits(network.log)} to and from the log, ${mbits(network.shards)} to the shards`,
    `ZooKeeper     ${rest.zookeeperOperations.toFixed(0)} operations a second`,
    `connections   ${rest.postgresConnections} to each Postgres`,
    `cores to have ${(sum('cores') / load.utilisation).toFixed(1)} at ${load.utilisation * 100} %`,
    ...limits.map((limit) => `Does not go:  ${limit}`),
    '',
  ].join('\n');
}

function gib(mib: number): string {
  return `${(mib / 1024).toFixed(1)} GiB`;
}

function disk(bytes: number): string {
  const gibs = bytes / 2 ** 30;
  return gibs < 1024 ? `${gibs.toFixed(1)} GiB` : `${(gibs / 1024).toFixed(1)} TiB`;
}

/** What one process, with those that it started, did while nothing was asked of it. */
export interface IdleUsage {
  readonly name: string;
  /** Microseconds of CPU time, user and system. */
  readonly cpu: number;
  /** Resident at the end; pages that processes share are counted in each of them. */
  readonly rssBytes: number;
  /** Its share: a page that n processes hold counts a nth in each. */
  readonly pssBytes: number;
}

/** The names of processes that are none of ours. */
export const SERVER = /^(zookeeper|redis|postgres)/;
const OWN = "Tally's own";
const SERVERS = 'Postgres, ZooKeeper, Redis';

const mib = (bytes: number) => String(Math.round(bytes / 2 ** 20)).padStart(6);

/** A table by process, the busiest first, and the totals of our own processes and of the servers beside them. */
export function describeIdle(usage: readonly IdleUsage[], seconds: number): string[] {
  const line = ({ name, cpu, rssBytes, pssBytes }: IdleUsage) =>
    `  ${name.padEnd(26)} ${((cpu / seconds / 1e6) * 100).toFixed(2).padStart(8)} % ${mib(rssBytes)} MiB ${mib(pssBytes)} MiB`;
  const total = (name: string, of: readonly IdleUsage[]): IdleUsage => ({
    name,
    cpu: sum(of.map(({ cpu }) => cpu)),
    rssBytes: sum(of.map(({ rssBytes }) => rssBytes)),
    pssBytes: sum(of.map(({ pssBytes }) => pssBytes)),
  });
  const own = usage.filter(({ name }) => !SERVER.test(name));
  const servers = usage.filter(({ name }) => SERVER.test(name));
  return [
    `${seconds} s without a request: CPU in percent of a core, memory resident (RSS) and by share (PSS)`,
    ...usage.toSorted((a, b) => b.cpu - a.cpu).map(line),
    line(total(OWN, own)),
    line(total(SERVERS, servers)),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Where the parts of a running stack are; `.tally/addresses.json`. */
export interface Addresses {
  /** Base URL of the public API. */
  readonly gateway: string;
  /** That of each gateway, the one above first. */
  readonly gateways: readonly string[];
  /** Brokers of the log, host:port, comma-separated. */
  readonly kafka: string;
  readonly zookeeper: string;
  readonly redis: string;
  /** Postgres URLs, by shard number. */
  readonly shards: readonly string[];
  /** Base URL of each service's admin port. */
  readonly admin: Readonly<Record<string, string>>;
  /** Settings of tools that reach inside; undefined: nobody asks who comes in. */
  readonly tools?: Readonly<Record<string, string>> | undefined;
}

/** Servers to use instead of starting them; never stopped or wiped. */
export interface GivenServers {
  readonly zookeeper?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly shardUrls?: readonly string[] | undefined;
  readonly kafkaBrokers?: string | undefined;
}

/** The servers that the environment names. */
export function givenServers(environment: NodeJS.ProcessEnv): GivenServers {
  const named = (name: string) => environment[name] || undefined;
  return {
    zookeeper: named('TALLY_ZOOKEEPER'),
    redisUrl: named('TALLY_REDIS_URL'),
    shardUrls: named('TALLY_SHARD_URLS')?.split(','),
    kafkaBrokers: named('KAFKA_BROKERS'),
  };
}

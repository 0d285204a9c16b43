import { parseArgs } from 'node:util';
import { addressesIn } from '@tally/cli';

/** The text of --help. */
export const USAGE = `usage: tools/installation show [--zookeeper HOST:PORT] [--kafka HOST:PORT]
       tools/installation restore [--from SHARD] [--zookeeper HOST:PORT]

show says which installation ZooKeeper, each shard and the log belong to, and what of ZooKeeper's
configuration the shards keep. Exit code 1 when they do not go together.
restore puts the configuration back into a ZooKeeper that lost it, from what the shards keep: the events
topic, all versions of the event types, the shard map with its epoch, then the installation. Nothing
that is there is changed; where anything there is other than the copies, nothing is done. Shard-proxies
have to run; no service has to be stopped or started. See docs/runbooks/empty-zookeeper.md.

  --from SHARD      use the copy of this shard alone: the others are gone, or disagree
  --zookeeper H:P   default: TALLY_ZOOKEEPER, or that of the Tally that tools/up started
  TALLY_ZOOKEEPER_AUTH_FILE names the file with ZooKeeper's user:password where services have one
  --kafka H:P       default: KAFKA_BROKERS, or the log of that Tally; KAFKA_TLS... as for services
  TALLY_TLS_CERT_FILE, ..._KEY_FILE, ..._CA_FILE: as for services, where they speak TLS; the certificate of
                    a cluster-proxy, who alone may ask shard-proxies
  --help            this text

Exit code: 0 done, 1 refused or not together, 2 wrong usage.`;

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'show'; readonly zookeeper: string; readonly kafka: string | undefined }
  | { readonly kind: 'restore'; readonly zookeeper: string; readonly from: number | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** `addressFile`: where tools/up wrote where things are. */
export function parseCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  addressFile: string,
): Command {
  let given;
  try {
    given = parse(args);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = given;
  if (values.help) return { kind: 'help' };
  const [verb, ...more] = positionals;
  if ((verb !== 'show' && verb !== 'restore') || more.length > 0)
    return wrong('expected show or restore');
  const known = addressesIn(addressFile);
  const zookeeper = values.zookeeper ?? (env['TALLY_ZOOKEEPER'] || known?.zookeeper);
  if (zookeeper === undefined)
    return wrong('no Tally runs here (tools/up starts it), and there is no --zookeeper HOST:PORT');
  if (!/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/.test(zookeeper))
    return wrong(`--zookeeper: expected HOST:PORT[,HOST:PORT...], got ${zookeeper}`);
  if (verb === 'show') {
    const kafka = values.kafka ?? (env['KAFKA_BROKERS'] || known?.kafka);
    return { kind: 'show', zookeeper, kafka };
  }
  const from = values.from;
  if (from !== undefined && !/^\d{1,4}$/.test(from))
    return wrong('--from: expected the number of a shard');
  return { kind: 'restore', zookeeper, from: from === undefined ? undefined : Number(from) };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      zookeeper: { type: 'string' },
      kafka: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
}

function wrong(problem: string): Command {
  return { kind: 'wrong', problem };
}

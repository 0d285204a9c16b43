import { parseArgs } from 'node:util';
import { quoted } from '@tally/client';
import { gatewayTarget, NO_GATEWAY } from '../gateway-target.js';
import { parseZone } from './event-time.js';
import type { FormatOptions } from './format.js';
import type { ImportOptions } from './importer.js';
import { STDIN } from './input.js';
import { parseMapping } from './mapping.js';
import { FORMATS } from './seen-format.js';

/** The text of --help. */
export const USAGE = `usage: tally import [options] [FILE... | -]

Counts the records of files, or of stdin: access logs of web servers (Common and Combined Log Format),
of IIS and CloudFront (W3C), of S3, of load balancers (ALB, ELB), and JSON of Caddy, Traefik and nginx;
NDJSON and CSV; plain or packed with gzip. Interrupted and started again it goes on.

  --format F                    auto (seen from the first 64 KiB, the default), or one of
                                ${FORMATS.join(', ')}
  --type TYPE                   event type of records that name none (default: view)
  --map FIELD=COLUMN,...        columns of NDJSON or CSV; fields: id, type, subject, time, value,
                                attributes.NAME
  --zone Z|+HH:MM               of mapped times that have no offset
  --decimal-comma               numbers of CSV and of mapped texts are written 1.000,25
  --keep-query                  the query (?...) of a logged path belongs to the subject
  --gateway URL                 default: TALLY_GATEWAY, or the Tally that tools/up started
  --source NAME                 keeps inputs apart that begin alike, as logs of two servers
  --journal FILE                what was sent (default: a file in imports of TALLY_HOME for each)
  --again                       sends all of it and forgets the journal
  --resend-doubtful             sends once more what stayed in doubt; may count it twice
  --batch N                     events in a request, 1 to 10000 (default: 1000)
  --connections N               requests at a time, 1 to 32 (default: 4)
  --dry-run                     prints the first events and sends nothing
  --help                        this text

TALLY_API_KEY holds the key of the public API; TALLY_HOME is the folder for what is to be known in the
next run (default: .tally of your home). Exit code: 0 every readable record is in, 1 not all are, 2
wrong usage.`;

/** A command line of `tally import`, read and checked. */
export interface Options extends ImportOptions, FormatOptions {
  readonly inputs: readonly string[];
  readonly gateway: string;
  /** Which Tally journals are for: a URL, or this clone's own, wherever it listens. */
  readonly gatewayName: string;
  readonly apiKey: string;
  readonly journal: string | undefined;
  readonly isAgain: boolean;
  readonly isDryRun: boolean;
}

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'import'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const DEFAULT_BATCH = 1000;
/** As many as the gateway takes in one request. */
const MAX_BATCH = 10_000;
const DEFAULT_CONNECTIONS = 4;
/** Each may hold a body of 4 MiB; the gateway has room for some 16 of those. */
const MAX_CONNECTIONS = 32;
const TYPE = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** What the command line asks for. `addressFile`: where tools/up wrote where things are. */
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

  const inputs = positionals.length > 0 ? positionals : [STDIN];
  if (values.journal !== undefined && inputs.length > 1)
    return wrong('--journal is for one input: without it each has its own');
  if (inputs.filter((input) => input === STDIN).length > 1) return wrong('stdin can be read once');
  if (!TYPE.test(values.type)) return wrong(`--type: expected ${TYPE.source}`);
  const format = values.format === 'auto' ? undefined : values.format;
  if (format !== undefined && !FORMATS.includes(format))
    return wrong(`--format: expected auto, ${FORMATS.join(', ')}, got ${quoted(values.format)}`);
  const mapping = parseMapping(values.map);
  if (typeof mapping === 'string') return wrong(mapping);
  const zone = values.zone === undefined ? undefined : parseZone(values.zone);
  if (values.zone !== undefined && zone === undefined)
    return wrong(`--zone: expected Z or an offset like +02:00, got ${quoted(values.zone)}`);
  const batchEvents = wholeNumber(values.batch, MAX_BATCH);
  const connections = wholeNumber(values.connections, MAX_CONNECTIONS);
  if (batchEvents === undefined) return wrong(`--batch: expected 1 to ${MAX_BATCH}`);
  if (connections === undefined) return wrong(`--connections: expected 1 to ${MAX_CONNECTIONS}`);
  const target = gatewayTarget(values.gateway, env, addressFile);
  if (target === undefined && !values['dry-run']) return wrong(NO_GATEWAY);
  if (typeof target === 'string') return wrong(target);
  return {
    kind: 'import',
    options: {
      inputs,
      format,
      type: values.type,
      mapping,
      zone,
      decimalComma: values['decimal-comma'],
      keepQuery: values['keep-query'],
      source: values.source,
      gateway: target?.url ?? '',
      gatewayName: target?.name ?? '',
      apiKey: env['TALLY_API_KEY'] ?? '',
      journal: values.journal,
      isAgain: values.again,
      resendDoubtful: values['resend-doubtful'],
      batchEvents,
      connections,
      isDryRun: values['dry-run'],
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'auto' },
      type: { type: 'string', default: 'view' },
      map: { type: 'string', multiple: true, default: [] },
      zone: { type: 'string' },
      'decimal-comma': { type: 'boolean', default: false },
      'keep-query': { type: 'boolean', default: false },
      gateway: { type: 'string' },
      source: { type: 'string', default: '' },
      journal: { type: 'string' },
      again: { type: 'boolean', default: false },
      'resend-doubtful': { type: 'boolean', default: false },
      batch: { type: 'string', default: String(DEFAULT_BATCH) },
      connections: { type: 'string', default: String(DEFAULT_CONNECTIONS) },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
}

function wholeNumber(text: string, max: number): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

function wrong(problem: string): Command {
  return { kind: 'wrong', problem };
}

import { parseArgs } from 'node:util';
import { gatewayTarget, NO_GATEWAY } from '@tally/cli';

/** The text of --help. */
export const USAGE = `usage: tools/log accept-loss --partition N --from A --to B --by WHO --reason TEXT [--gateway URL]
       tools/log losses [--gateway URL]
       tools/log dump|verify|user ...

accept-loss books that the records A to B-1 of a partition are gone, so that the partition is counted
again: every shard notes who said so, when and why, and counts them as done. The log must have none of
them. May be repeated: the same range is booked once. See docs/runbooks/lost-records.md.
losses shows what was booked. dump, verify and user are tools/log-dump, log-verify and log-user.

  --partition N  partition of the events topic, as the alarm names it
  --from A       the first offset that is given up
  --to B         the offset behind the last, at most where the log begins
  --by WHO       who decides: a person, a ticket
  --reason TEXT  why they are gone
  --gateway URL  default: TALLY_GATEWAY, or the Tally that tools/up started
  --help         this text

TALLY_ADMIN_KEY holds the admin key of the gateway. Exit code: 0 done, 1 refused or not done by every
shard, 2 wrong usage.`;

/** What the gateway is asked to book. */
export interface GivenLoss {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly reason: string;
}

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'accept-loss'; readonly gateway: string; readonly loss: GivenLoss }
  | { readonly kind: 'losses'; readonly gateway: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

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
  const [verb, ...more] = positionals;
  if ((verb !== 'accept-loss' && verb !== 'losses') || more.length > 0)
    return wrong('expected accept-loss, losses, dump, verify or user');
  const target = gatewayTarget(values.gateway, env, addressFile);
  if (target === undefined) return wrong(NO_GATEWAY);
  if (typeof target === 'string') return wrong(target);
  const gateway = target.url;
  if (verb === 'losses') return { kind: 'losses', gateway };
  const [partition, from, to] = [values.partition, values.from, values.to].map(wholeNumber);
  if (partition === undefined) return wrong('--partition: expected a number');
  if (from === undefined) return wrong('--from: expected an offset');
  if (to === undefined || to <= from) return wrong('--to: expected an offset above --from');
  const { by, reason } = values;
  if (by === undefined || by === '') return wrong('--by: expected who decides');
  if (reason === undefined || reason === '') return wrong('--reason: expected why they are gone');
  return { kind: 'accept-loss', gateway, loss: { partition, from, to, by, reason } };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      partition: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      by: { type: 'string' },
      reason: { type: 'string' },
      gateway: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = /^\d{1,16}$/.test(text ?? '') ? Number(text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function wrong(problem: string): Command {
  return { kind: 'wrong', problem };
}

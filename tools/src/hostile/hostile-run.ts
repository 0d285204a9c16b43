import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE_MS, SECOND_MS } from '@tally/contracts';
import type { Attack, Door, Target } from './attack.js';
import { attackApart } from './attackers.js';
import { Phase } from './phase.js';
import type { AttackReport, Report } from './report.js';
import { QuietClient } from './quiet-client.js';
import { faultsOf, isBack } from './verdict.js';
import { WatchedProcesses } from './watched-processes.js';

/** Without an attack, first: what is usual. */
const QUIET_SHARE = 0.1;
const LEAST_QUIET_MS = 4 * SECOND_MS;
const MOST_QUIET_MS = 15 * SECOND_MS;
/** After each attack, until what it left under way is gone. */
const PAUSE_MS = 500;
/** What ends with the attackers is gone soon. */
const LEAST_SETTLING_MS = 3 * SECOND_MS;
/** As long as requests and answers may take, and connections to go. */
const SETTLED_WITHIN_MS = MINUTE_MS;

/** What is done, to what, and for how long. */
export interface HostileOptions {
  readonly target: Target;
  readonly attacks: readonly Attack[];
  /** Whether those that show a fault that is open are inflicted too. */
  readonly withOpenFaults: boolean;
  readonly forMs: number;
  readonly seed: number;
  /** Where a stack says what it started. */
  readonly processList: string;
  readonly containerBytes: (process: string) => number | undefined;
  readonly say: (line: string) => void;
  /** Ends all at once. */
  readonly stop: AbortSignal;
}

/** Attacks a running Tally, one attack after the other, beside a quiet client. */
export async function attackAll(options: HostileOptions): Promise<Report> {
  const { target, seed, say, stop } = options;
  const { gateway, apiKey } = target;
  const url = `http://${gateway.host}:${gateway.port}`;
  const client = new QuietClient({ gateway: url, apiKey }, `quiet-${Date.now().toString(36)}`);
  const processes = new WatchedProcesses(options.processList, target.admin);
  const reports: AttackReport[] = [];
  client.begin('no attack');
  client.start();
  try {
    const quietMs = Math.min(MOST_QUIET_MS, Math.max(LEAST_QUIET_MS, options.forMs * QUIET_SHARE));
    await delay(quietMs);
    await processes.begin();
    const inflicted = options.attacks.filter(
      (attack) => reasonAgainst(attack, options) === undefined,
    );
    const shareMs = Math.max(0, options.forMs - quietMs) / Math.max(1, inflicted.length);
    for (const attack of options.attacks) {
      const { name } = attack;
      const reason = reasonAgainst(attack, options);
      if (reason !== undefined) {
        reports.push({ name, kind: 'left out', evidence: reason, problems: [] });
        continue;
      }
      if (stop.aborted) break;
      client.begin(name);
      const forMs = Math.round(Math.max(SECOND_MS, shareMs - PAUSE_MS));
      const outcome = await attackApart(attack, { target, seed, forMs }, stop);
      await delay(PAUSE_MS);
      const worst = await processes.worst();
      reports.push({ name, kind: 'inflicted', ...outcome, worst });
      say(`${name}: ${outcome.evidence}`);
    }
    client.begin('after');
    await delay(LEAST_SETTLING_MS);
    await processes.settled((all) => all.every(isBack), SETTLED_WITHIN_MS);
    const counts = await client.end();
    const figures = processes.figures;
    const attacked = client.phases.slice(1, -1);
    const phases = [...client.phases, Phase.together('all attacks', attacked)];
    const faults = faultsOf({
      counts,
      phases: phases.map((phase) => phase.figures),
      processes: figures,
      containerBytes: Object.fromEntries(
        figures.map(({ name }) => [name, options.containerBytes(name) ?? Infinity]),
      ),
      problems: reports.map(({ name, problems }) => ({ attack: name, problems })),
    });
    return {
      seed,
      attacks: reports,
      phases: phases.map((phase) => phase.figures),
      processes: figures,
      counts,
      faults,
    };
  } finally {
    await processes.close();
  }
}

/** Why an attack is left out; undefined: it is not. */
function reasonAgainst(
  { openFault, door }: Attack,
  { target, withOpenFaults }: HostileOptions,
): string | undefined {
  if (openFault !== undefined && !withOpenFaults) return `a known fault is open: ${openFault}`;
  return hasDoor(target, door) ? undefined : `nobody said where the ${door} is`;
}

function hasDoor(target: Target, door: Door): boolean {
  switch (door) {
    case 'gateway':
      return true;
    case 'log':
      return target.log !== undefined;
    case 'grpc':
    case 'admin':
      return Object.keys(target[door]).length > 0;
  }
}

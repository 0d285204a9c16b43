import { MAX_RECORD_BYTES, type Fault } from '../schedule.js';
import type { Operator } from './operator.js';
import type { SimulatedIntake } from './simulated-intake.js';
import type { SimulatedLog } from './simulated-log.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

/** What happens to one part alone. */
type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { readonly kind: Kind }>;
export type LogFault = FaultOf<'log-crash' | 'log-clock' | 'log-clock-step'>;
export type IntakeFault = FaultOf<'intake-crash' | 'intake-pause' | 'intake-clock'>;
export type ShardFault = FaultOf<
  'shard-away' | 'shard-saved' | 'shard-restored' | 'shard-promoted' | 'shard-odd' | 'shard-narrow'
>;

/** @param topics Of the same log, whose power they have. */
export function inflictOnLog(
  fault: LogFault,
  time: VirtualTime,
  log: SimulatedLog,
  topics: readonly SimulatedLog[],
): void {
  switch (fault.kind) {
    case 'log-crash':
      for (const one of topics) {
        one.crash();
        time.after(fault.forMs, () => one.restart());
      }
      return;
    case 'log-clock':
      log.clockOffsetMs = fault.offsetMs;
      return;
    case 'log-clock-step':
      log.clockStepMs = fault.byMs;
      return time.after(fault.forMs, () => void (log.clockStepMs = 0));
  }
}

export function inflictOnIntake(
  fault: IntakeFault,
  time: VirtualTime,
  intake: SimulatedIntake | undefined,
): void {
  switch (fault.kind) {
    case 'intake-crash':
      intake?.kill();
      return time.after(fault.forMs, () => intake?.restart());
    case 'intake-pause':
      return intake?.process.pause(fault.forMs);
    case 'intake-clock':
      return intake?.setClock(fault.offsetMs);
  }
}

export function inflictOnShard(
  fault: ShardFault,
  time: VirtualTime,
  shard: SimulatedShard | undefined,
  operator: Operator,
): void {
  switch (fault.kind) {
    case 'shard-away':
      shard?.goAway();
      return time.after(fault.forMs, () => shard?.mend());
    case 'shard-saved':
      return shard?.save();
    case 'shard-restored':
      return operator.restore(shard);
    case 'shard-promoted':
      return operator.promote(shard);
    case 'shard-odd':
      shard?.turnOdd();
      return time.after(fault.forMs, () => shard?.mend());
    case 'shard-narrow':
      return shard?.takeAtMost(MAX_RECORD_BYTES);
  }
}

export { ByteBudget, type Reservation } from './budget/byte-budget.js';
export { LearnedClock, type OwnClocks } from './clock/learned-clock.js';
export { crash } from './crash.js';
export { GatheringQueue, type GatheringOptions } from './gather/gathering-queue.js';
export { InstanceHealth, type EjectionOptions, type Outcome } from './health/instance-health.js';
export { Backoff, type BackoffOptions } from './retry/backoff.js';
export { CoalescedTask, type CoalescedTaskOptions } from './retry/coalesced-task.js';
export { keepTrying, type KeepTryingOptions } from './retry/keep-trying.js';

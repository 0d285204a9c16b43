export { deliver, type Target } from './delivery/deliver.js';
export type { Delivery, FinalReason, RejectedEvent } from './delivery/delivery.js';
export { quoted } from './quoted.js';
export { type BackoffBounds } from './sending/backoff.js';
export { mayResend, RESEND_WITHIN_MS } from './sending/resend-rule.js';
export {
  sendBatch,
  type Batch,
  type Contact,
  type SendingNotes,
  type SendOptions,
  type Sent,
  type Stopped,
} from './sending/send-batch.js';
export { Sender, type SenderOptions, type StoppedBatch } from './sending/sender.js';
export {
  NoAnswerNowError,
  readStats,
  readStatsAsOf,
  untilAnswered,
  type StatsAnswer,
  type StatsFunction,
  type StatsPoint,
  type StatsQuestion,
  type StatsSeries,
} from './stats/read-stats.js';

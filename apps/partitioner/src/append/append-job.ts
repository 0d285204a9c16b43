import type { SpanContext } from '@opentelemetry/api';
import type { Entries, EventMeaning } from '@tally/contracts';

/** Events of one request, their body checked. */
export interface AppendJob extends EventMeaning {
  readonly body: Buffer;
  readonly entries: Entries;
  /** Of the request's span, when it is recorded. */
  readonly trace: SpanContext | undefined;
}

import { within } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import { logFailure } from './log-failure.js';

/** What of a drain a log may take that hangs: it answers a farewell within milliseconds, or not at all. */
const FAREWELL_MS = 3000;

/**
 * Disconnects a client from the log. Who ends is not held up by a log that is away, and does not fail
 * because of it: what the log has of a client it forgets by itself.
 */
export async function farewell(
  client: { readonly disconnect: () => Promise<void> },
  logger: Logger,
): Promise<void> {
  const disconnected = client.disconnect().catch((cause: unknown) => {
    logger.warn({ error: logFailure('no farewell from the log', cause) }, 'left all the same');
  });
  if (!(await within(FAREWELL_MS, disconnected)))
    logger.warn(
      { timeoutMs: FAREWELL_MS },
      'the log does not answer a farewell: left all the same',
    );
}

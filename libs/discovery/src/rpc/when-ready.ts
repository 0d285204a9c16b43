import { connectivityState, type Client } from '@grpc/grpc-js';

/**
 * Connects before the call instead of with it, so that a dead instance costs a call at most the time
 * to connect and not its deadline. `refused`: there was an attempt and it failed. `timeout`: no verdict until
 * `deadline` (ms since 1970).
 */
export async function whenReady(
  client: Client,
  deadline: number,
): Promise<'ready' | 'refused' | 'timeout'> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return 'ready';
    // The channel tries again by itself after its backoff.
    if (state === connectivityState.TRANSIENT_FAILURE) return 'refused';
    if (state === connectivityState.SHUTDOWN) return 'refused';
    const changed = await new Promise<boolean>((resolve) =>
      channel.watchConnectivityState(state, deadline, (error) => resolve(error === undefined)),
    );
    if (!changed) return 'timeout';
  }
}

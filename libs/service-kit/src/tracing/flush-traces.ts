/** Where otel.mjs, which runs before any module of ours, leaves the SDK. */
const SDK = Symbol.for('tally.tracing');

interface TracingSdk {
  shutdown(): Promise<void>;
}

/** Sends the spans that are still buffered; does nothing when tracing is off. */
export async function flushTraces(): Promise<void> {
  await (globalThis as { [SDK]?: TracingSdk })[SDK]?.shutdown();
}

import { LogConnection, readerOf } from './log-connection.js';
import type { RequestCycle, Workload } from './workload.js';

/** Sends the requests `from` to `to` of a workload; resolves with the time of each in ms. */
export async function append(
  connections: readonly LogConnection[],
  cycle: RequestCycle,
  { inFlight }: Workload,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<number[]> {
  const latencies: number[] = [];
  let next = from;
  const sender = async (connection: LogConnection) => {
    for (let index = next++; index < to; index = next++) {
      const sent = performance.now();
      const answer = await connection.send(cycle.frame(index));
      latencies.push(performance.now() - sent);
      assertAppended(answer);
    }
  };
  await Promise.all(
    connections.flatMap((connection) => Array.from({ length: inFlight }, () => sender(connection))),
  );
  return latencies;
}

function assertAppended(answer: Buffer): void {
  const reader = readerOf(answer);
  reader.array(() => {
    reader.string();
    reader.array(() => {
      const partition = reader.int32();
      const error = reader.int16();
      if (error !== 0) throw new Error(`partition ${partition}: the log answered error ${error}`);
      reader.take(3 * 8 + 4); // offsets, time, and no errors of records
      reader.nullableString();
    });
  });
}

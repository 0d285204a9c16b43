import { decodeResponse, produce } from '@tally/kafka-wire';
import type { KafkaConnection } from '@tally/testing/kafka-connection';
import type { RequestCycle, Workload } from './workload.js';

/** Sends the requests `from` to `to` of a workload; resolves with the time of each in ms. */
export async function append(
  connections: readonly KafkaConnection[],
  cycle: RequestCycle,
  { inFlight }: Workload,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<number[]> {
  const latencies: number[] = [];
  let next = from;
  const sender = async (connection: KafkaConnection) => {
    for (let index = next++; index < to; index = next++) {
      const sent = performance.now();
      const answer = await connection.exchange(cycle.frame(index));
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
  for (const { partitions } of decodeResponse(produce, answer).topics) {
    for (const { partition, errorCode } of partitions) {
      if (errorCode !== 0) {
        throw new Error(`partition ${partition}: the log answered error ${errorCode}`);
      }
    }
  }
}

import {
  CURRENT_SCHEMA_ID,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  expiryBounds,
  isVoid,
  readEntries,
  writeEntryHeader,
} from '@tally/contracts';
import { fingerprintOf, partitionBlocks } from '@tally/placement';
import type { Random } from '../../failure/traffic/random.js';
import type { Network } from './network.js';
import type { SimulatedLog } from './simulated-log.js';
import type { VirtualTime } from './virtual-time.js';

const ANSWER_WITHIN_MS = 1200;
const entry = Buffer.alloc(512);

export interface ClientsWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly log: SimulatedLog;
  readonly random: Random;
  readonly partitions: number;
  readonly dedupWindowMs: number;
  /** A request is sent again as long as its ids are recognised for sure. */
  readonly resendWithinMs: number;
}

/**
 * Clients that send events and send them again while they do not know; what lies between them and the
 * log makes blocks as the partitioner does. Each event has a subject of its own: its id.
 */
export class SimulatedClients {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  private next = 0;

  constructor(private readonly world: ClientsWorld) {}

  /** A request of some events, now. */
  send(): void {
    const { random, time } = this.world;
    const ids = Array.from({ length: random.between(1, 4) }, () => `e${this.next++}`);
    for (const id of ids) this.sent.add(id);
    this.attempt(ids, time.nowMs);
  }

  private attempt(ids: readonly string[], firstSentMs: number): void {
    const { time, network, resendWithinMs } = this.world;
    let isAnswered = false;
    network.send(() =>
      this.append(ids, () => {
        network.send(() => {
          isAnswered = true;
          for (const id of ids) this.acknowledged.add(id);
        });
      }),
    );
    time.after(ANSWER_WITHIN_MS, () => {
      if (isAnswered || time.nowMs - firstSentMs > resendWithinMs) return;
      this.attempt(ids, firstSentMs);
    });
  }

  /** Confirms when all blocks of the request are durable, and none of them too late to be counted. */
  private append(ids: readonly string[], confirm: () => void): void {
    const { log, network, partitions, dedupWindowMs } = this.world;
    const bounds = expiryBounds(dedupWindowMs);
    const notAfterMs = log.clockMs + bounds.leadMs;
    const bytes = Buffer.concat(ids.map(entryOf));
    const entries = readEntries(bytes, ids.length);
    if (entries.kind !== 'entries') throw new Error(entries.reason);
    const terms = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 0, notAfterMs };
    const blocks = partitionBlocks([{ bytes, entries }], partitions, terms);
    const open = new Set(blocks);
    for (const block of blocks)
      network.send(() =>
        log.append(block.partition, block.record, (appendMs) => {
          if (isVoid(notAfterMs, appendMs, bounds)) return;
          open.delete(block);
          if (open.size === 0) confirm();
        }),
      );
  }
}

function entryOf(id: string): Buffer {
  const event = {
    project: 'default',
    id,
    type: 'view',
    subject: id,
    time: 0,
    value: null,
    attributes: {},
  };
  const end = encodeEvent(event, entry, ENTRY_HEADER_BYTES);
  writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprintOf('default', id));
  return Buffer.from(entry.subarray(0, end));
}

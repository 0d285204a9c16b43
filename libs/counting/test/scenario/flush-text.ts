import { decodeDeltaRows, decodeSeriesNames, type shardProxy } from '@tally/contracts';
import { DDSketch, deltaEntries, HyperLogLog, UNIQUES } from '@tally/sketches';
import type { FlushAction } from '../../src/run/run-action.js';
import type { Subjects } from './scenario-words.js';

/** What flushes say, in a line each. Series are named in the first flush that has them. */
export class FlushText {
  private readonly names = new Map<string, string>();

  constructor(private readonly subjects: Subjects) {}

  of({ shard, request, attempt, afterMs }: FlushAction): string {
    if (attempt > 1) return `sends shard ${shard} the same again after ${afterMs} ms`;
    const { ranges, rows, seriesNames, instants, ledger, dead } = request;
    for (const { id, subject, dimensions } of decodeSeriesNames(Buffer.from(seriesNames)) ?? [])
      this.names.set(
        Buffer.from(id).toString('hex'),
        this.subjects.nameOf(subject) + dimensions.replaceAll('"', ''),
      );
    const parts = [
      ['offsets', ranges.map(rangesText)],
      ['rows', this.rowTexts(rows)],
      ['sketches', this.sketchTexts(request)],
      ['ledger', ledger.map(entryText)],
      ['dead', dead.map(deadText)],
      ['as of', instants.map(instantText)],
    ] as const;
    const said = parts.filter(([, texts]) => texts.length > 0);
    const text = said.map(([word, texts]) => `${word} ${texts.join('; ')}`).join(' | ');
    return `sends shard ${shard}: ${text || 'nothing'}`;
  }

  private rowTexts(rows: Uint8Array): string[] {
    return (decodeDeltaRows(Buffer.from(rows)) ?? [])
      .map(({ series, count }) => `${this.nameOf(series)} +${count}`)
      .sort();
  }

  private sketchTexts({ rows: encoded, sketches }: FlushAction['request']): string[] {
    const rows = decodeDeltaRows(Buffer.from(encoded)) ?? [];
    const bytes = Buffer.from(sketches ?? []);
    return Array.from(deltaEntries(bytes), ({ row, kind, from }) => {
      const name = this.nameOf(rows[row]?.series ?? Buffer.alloc(0));
      if (kind === UNIQUES) {
        const users = new HyperLogLog();
        users.merge(bytes, from);
        return `${name} ${users.estimate()} users in ${users.events} events`;
      }
      const values = new DDSketch();
      values.merge(bytes, from);
      return `${name} median ${((values.quantile(500) ?? 0) / 1e6).toFixed(2)} of ${values.count} values`;
    }).sort();
  }

  private nameOf(series: Uint8Array): string | undefined {
    return this.names.get(Buffer.from(series).toString('hex'));
  }
}

function rangesText({ partition, ranges }: shardProxy.PartitionRanges): string {
  const texts = ranges.map(({ from, to }) =>
    BigInt(to) - BigInt(from) === 1n ? from : `${from}..${BigInt(to) - 1n}`,
  );
  return `${partition?.partition}: ${texts.join(', ')}`;
}

function entryText(entry: shardProxy.LedgerEntry) {
  const { partition, counted, duplicates, conflicting, tooLate, dead, expired } = entry;
  const fates = [
    [counted, 'counted'],
    [duplicates, 'duplicate'],
    [conflicting, 'conflicting'],
    [tooLate, 'too late'],
    [dead, 'dead'],
    [expired, 'expired'],
  ] as const;
  const texts = fates.filter(([count]) => count !== '0').map(([count, fate]) => `${count} ${fate}`);
  return `${partition?.partition}: ${texts.join(', ')}`;
}

function deadText({ partition, offset, indexes }: shardProxy.DeadRecord) {
  const events = indexes.map(({ from, to }) => (to - from === 1 ? from : `${from}..${to - 1}`));
  return `${partition?.partition}: ${offset} (${events.join(', ')})`;
}

function instantText({ partition, asOfMs, position }: shardProxy.PartitionInstant): string {
  const below = position === '0' ? '' : ` if all below ${position} is covered`;
  return `${partition?.partition}: ${asOfMs}${below}`;
}

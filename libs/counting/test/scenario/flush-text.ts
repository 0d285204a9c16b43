import { decodeDeltaRows, decodeSeriesNames, type shardProxy } from '@tally/contracts';
import type { FlushAction } from '../../src/run/run-action.js';
import type { Subjects } from './scenario-words.js';

/** What flushes say, in a line each. Series are named in the first flush that has them. */
export class FlushText {
  private readonly names = new Map<string, string>();

  constructor(private readonly subjects: Subjects) {}

  of({ shard, request, attempt, afterMs }: FlushAction): string {
    if (attempt > 1) return `sends shard ${shard} the same again after ${afterMs} ms`;
    const { ranges, rows, seriesNames, instants, ledger } = request;
    for (const { id, subject, dimensions } of decodeSeriesNames(Buffer.from(seriesNames)) ?? [])
      this.names.set(
        Buffer.from(id).toString('hex'),
        this.subjects.nameOf(subject) + dimensions.replaceAll('"', ''),
      );
    const parts = [
      ['offsets', ranges.map(rangesText)],
      ['rows', this.rowTexts(rows)],
      ['ledger', ledger.map(entryText)],
      ['as of', instants.map(instantText)],
    ] as const;
    const said = parts.filter(([, texts]) => texts.length > 0);
    const text = said.map(([word, texts]) => `${word} ${texts.join('; ')}`).join(' | ');
    return `sends shard ${shard}: ${text || 'nothing'}`;
  }

  private rowTexts(rows: Uint8Array): string[] {
    return (decodeDeltaRows(Buffer.from(rows)) ?? [])
      .map(({ series, count }) => {
        const name = this.names.get(Buffer.from(series).toString('hex'));
        return `${name} +${count}`;
      })
      .sort();
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

function instantText({ partition, asOfMs, position }: shardProxy.PartitionInstant): string {
  const below = position === '0' ? '' : ` if all below ${position} is covered`;
  return `${partition?.partition}: ${asOfMs}${below}`;
}

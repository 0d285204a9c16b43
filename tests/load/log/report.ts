import type { KafkajsFigures } from './kafkajs.js';
import { megabytesPerCpuSecond, megabytesPerSecond, type LogFigures } from './measure.js';

/** What is aimed at: docs of the service name the same figures. */
const AIMS = { appended: 150, blocks: 100_000, fetched: 400, memoryMib: 400 };
/** Growth from the first third to the last that is more than the collector's moods. */
const FLAT_WITHIN_MIB = 64;

const whole = (value: number) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
const mib = (bytes: number) => bytes / 2 ** 20;

export function describe(figures: LogFigures): string[] {
  const { name, records, requests, seconds, cpuSeconds, bytes, p50, p99, memory } = figures;
  return [
    `${name}: ${whole(megabytesPerSecond(figures))} MB/s, ${whole(records / seconds)} blocks/s, ${whole(requests / seconds)} requests/s`,
    `  requests p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    `  CPU of the log ${((cpuSeconds * 1e3) / (bytes / 1e6)).toFixed(2)} ms per MB (one core: ${whole(megabytesPerCpuSecond(figures))} MB/s, ${whole(records / cpuSeconds)} blocks/s), ${whole((cpuSeconds * 1e6) / requests)} µs per request`,
    `  memory after each third ${memory.map((each) => whole(mib(each))).join(', ')} MiB, at most ${whole(mib(figures.peakBytes))}`,
  ];
}

/** `own`: appends and fetches of the same records. */
export function describeKafkajs(kafkajs: KafkajsFigures, own: readonly LogFigures[]): string {
  const [appended = 0, fetched = 0] = own.map(megabytesPerSecond);
  return (
    `kafkajs, the same records: ${whole(kafkajs.appended)} MB/s appended, ${whole(kafkajs.fetched)} MB/s fetched; ` +
    `the log gave ${(appended / kafkajs.appended).toFixed(1)} and ${(fetched / kafkajs.fetched).toFixed(1)} times as much`
  );
}

/** Whether the aims are met, for what one core does in a second of its time. */
export function verdicts(all: readonly LogFigures[]): string[] {
  const [large, fetched, blocks] = all;
  if (large === undefined || fetched === undefined || blocks === undefined) return [];
  const peakMib = Math.max(...all.map(({ peakBytes }) => mib(peakBytes)));
  const grewMib = Math.max(
    ...all.map(({ memory }) => mib((memory.at(-1) ?? 0) - (memory[0] ?? 0))),
  );
  const verdict = (what: string, is: number, aim: number, unit: string, isMet = is >= aim) =>
    `${isMet ? 'met    ' : 'NOT MET'} ${what}: ${whole(is)} ${unit}, aimed at ${whole(aim)}`;
  return [
    verdict('appended', megabytesPerCpuSecond(large), AIMS.appended, 'MB/s of one core'),
    verdict('blocks', blocks.records / blocks.cpuSeconds, AIMS.blocks, 'a second of one core'),
    verdict('fetched', megabytesPerCpuSecond(fetched), AIMS.fetched, 'MB/s of one core'),
    verdict('memory', peakMib, AIMS.memoryMib, 'MiB at most', peakMib <= AIMS.memoryMib),
    verdict('growth', grewMib, FLAT_WITHIN_MIB, 'MiB', grewMib <= FLAT_WITHIN_MIB),
  ];
}

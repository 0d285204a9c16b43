import type { SubjectStats, Window } from '../generated/tally/query/v1/query.js';
import { MessageReader } from './message-reader.js';

/** The windows of a subject, read from the message each time that they are gone through. */
export interface Windows extends Iterable<Window> {
  readonly length: number;
}

/** A GetStatsResponse of which the windows are not read yet. */
export interface StatsAnswer {
  readonly subjects: readonly (Omit<SubjectStats, 'windows'> & { readonly windows: Windows })[];
  readonly asOfMs?: string | undefined;
  readonly missingShards: readonly number[];
  readonly partlyDeclaredWindows?: number | undefined;
}

/**
 * A GetStatsResponse (tally/query/v1/query.proto) from its bytes, which it keeps. An answer may have
 * 100 000 windows, and to make objects of all of them at once would hold the event loop for half a
 * second: here they are only counted. RangeError for bytes that are no message.
 */
export function readStatsAnswer(bytes: Buffer): StatsAnswer {
  const subjects: StatsAnswer['subjects'][number][] = [];
  const missingShards: number[] = [];
  let asOfMs: string | undefined;
  let partlyDeclaredWindows: number | undefined;
  const message = new MessageReader(bytes);
  while (message.next()) {
    if (message.field === 1) subjects.push(subjectIn(message.bytes()));
    else if (message.field === 2) asOfMs = message.int64();
    else if (message.field === 3) missingShards.push(...message.uint32s());
    else if (message.field === 4) partlyDeclaredWindows = Number(message.uint64());
    else message.skip();
  }
  return {
    subjects,
    asOfMs,
    missingShards,
    ...(partlyDeclaredWindows === undefined ? {} : { partlyDeclaredWindows }),
  };
}

function subjectIn(bytes: Buffer): StatsAnswer['subjects'][number] {
  let subject = '';
  let length = 0;
  let missing = false;
  let asOfMs: string | undefined;
  let group: string | undefined;
  let figures: Buffer | undefined;
  const message = new MessageReader(bytes);
  while (message.next()) {
    if (message.field === 1) subject = message.bytes().toString();
    else if (message.field === 3) missing = message.uint64() !== '0';
    else if (message.field === 4) asOfMs = message.int64();
    else if (message.field === 5) group = message.bytes().toString();
    else if (message.field === 6) figures = message.bytes();
    else {
      if (message.field === 2) length += 1;
      message.skip();
    }
  }
  return { subject, windows: new WindowsIn(bytes, length), missing, asOfMs, group, figures };
}

class WindowsIn implements Windows {
  constructor(
    private readonly subject: Buffer,
    readonly length: number,
  ) {}

  *[Symbol.iterator](): Generator<Window, void> {
    const message = new MessageReader(this.subject);
    while (message.next()) {
      if (message.field === 2) yield windowIn(message.bytes());
      else message.skip();
    }
  }
}

/** While it is read. */
type Unfinished = { -readonly [Name in keyof Window]: Window[Name] };

function windowIn(bytes: Buffer): Window {
  const window: Unfinished = { startMs: '0', count: '0', valued: '0', sumMicro: '' };
  const message = new MessageReader(bytes);
  while (message.next()) {
    if (message.field === 1) window.startMs = message.int64();
    else if (message.field === 2) window.count = message.uint64();
    else if (message.field === 3) window.valued = message.uint64();
    else if (message.field === 4) window.sumMicro = message.bytes().toString('latin1');
    else if (message.field === 5) window.minMicro = message.sint64();
    else if (message.field === 6) window.maxMicro = message.sint64();
    else message.skip();
  }
  return window;
}

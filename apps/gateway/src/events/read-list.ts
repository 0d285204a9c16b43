import { isUtf8 } from 'node:buffer';
import {
  groupBytesBehind,
  inexactOf,
  isOversized,
  malformedAt,
  NO_DIGITS_LOST,
  NO_EVENTS,
  NOT_UTF8,
  OVERSIZED,
  parsed,
  READ,
  TOO_DEEP,
  trimmed,
  type BatchSizes,
  type BatchStep,
  type BatchSteps,
} from './batch-step.js';
import { JsonScan, type ElementGroup } from './json-scan.js';
import { MAX_EVENTS } from './limits.js';
import type { UsualTaker } from './usual/usual-taker.js';

const LIST = Buffer.from('[');
const LIST_END = Buffer.from(']');
const EACH = { groupBytes: 0, largeBytes: Infinity };
const TOO_DEEP_EVENT = `${TOO_DEEP}, the array of the events among them`;
const NO_ELEMENT = 'expected an event, got nothing between two commas or behind the last one';

/**
 * Reads a batch that begins as a list, up to its end. An element that is no JSON costs itself alone. That
 * there is more behind it, or no end, is known at last: `scan` says it then.
 */
export function* readList(
  bytes: Buffer,
  scan: JsonScan,
  isAllUtf8: boolean,
  sizes: BatchSizes,
  usual?: UsualTaker,
): BatchSteps {
  if (usual !== undefined) scan.groupBytes = 0;
  let isEmpty = false;
  for (let isRead = false; !isRead;) {
    const from = scan.nextElement;
    const most = MAX_EVENTS - scan.elements;
    if (usual !== undefined && from !== undefined && most > 0) {
      const taken = usual.take(bytes, from, 'list', most, sizes.groupBytes);
      if (taken > 0) scan.pass(taken, usual.end);
      scan.groupBytes = groupBytesBehind(taken, scan.groupBytes, sizes);
      if (!usual.hasStopped) {
        yield READ;
        continue;
      }
    }
    isRead = scan.step();
    const groups = scan.takeGroups();
    if (groups.length === 0) yield READ;
    for (const group of groups) isEmpty = yield* readGroup(bytes, group, scan, isAllUtf8, sizes);
  }
  if (isEmpty && scan.isList) yield NO_EVENTS;
}

/** Returns whether it is all of the list, and there is nothing in it. */
function* readGroup(
  bytes: Buffer,
  group: ElementGroup,
  scan: JsonScan,
  isAllUtf8: boolean,
  sizes: BatchSizes,
): Generator<BatchStep, boolean> {
  const { isLarge, mayLoseDigits, isTooDeep } = group;
  const { from, to } = isLarge ? yield* trimmed(bytes, group.from, group.to, sizes) : group;
  if (isLarge && isOversized(bytes, from, to, sizes)) {
    yield OVERSIZED;
    return false;
  }
  const text = `[${bytes.toString('utf8', from, to)}]`;
  const events = isTooDeep || !isAllUtf8 ? undefined : parsed(text)?.value;
  if (Array.isArray(events) && events.length > 0)
    yield { kind: 'events', events, inexact: mayLoseDigits ? inexactOf(text) : NO_DIGITS_LOST };
  else if (events !== undefined && scan.elements === 1 && scan.isClosed) return true;
  else yield* readEach(bytes.subarray(from, to), sizes);
  return false;
}

/** Elements that stand one behind the other, one by one: some of them are no JSON. */
function* readEach(bytes: Buffer, sizes: BatchSizes): BatchSteps {
  const list = Buffer.concat([LIST, bytes, LIST_END]);
  const scan = new JsonScan(list, EACH, MAX_EVENTS);
  const elements: ElementGroup[] = [];
  for (let isRead = false; !isRead;) {
    isRead = scan.step();
    elements.push(...scan.takeGroups());
  }
  for (const { mayLoseDigits, isTooDeep, ...element } of elements) {
    const { from, to } = yield* trimmed(list, element.from, element.to, sizes);
    const unread = !isUtf8(list.subarray(from, to)) ? NOT_UTF8 : isTooDeep ? TOO_DEEP_EVENT : '';
    const text = list.toString('utf8', from, to);
    const event = unread === '' ? parsed(text) : undefined;
    if (event !== undefined) {
      const inexact = mayLoseDigits ? inexactOf(`[${text}]`) : NO_DIGITS_LOST;
      yield { kind: 'events', events: [event.value], inexact };
    } else if (unread !== '') yield { kind: 'malformed', detail: unread };
    else if (text === '') yield { kind: 'malformed', detail: NO_ELEMENT };
    else {
      const at = (yield* malformedAt(list, from, to, sizes)) ?? text.length;
      yield {
        kind: 'malformed',
        detail: `expected JSON, malformed at character ${at} of the event`,
      };
    }
  }
}

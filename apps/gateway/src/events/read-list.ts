import { isUtf8 } from 'node:buffer';
import {
  inexactOf,
  isOversized,
  malformedAt,
  NO_DIGITS_LOST,
  NO_EVENTS,
  NOT_UTF8,
  OVERSIZED,
  parsed,
  TOO_DEEP,
  TOO_MANY,
  trimmed,
  type BatchSizes,
  type BatchSteps,
} from './batch-step.js';
import { JsonScan } from './json-scan.js';
import { MAX_EVENTS } from './limits.js';

const LIST = Buffer.from('[');
const LIST_END = Buffer.from(']');
const EACH = { groupBytes: 0, largeBytes: Infinity };
const TOO_DEEP_EVENT = `${TOO_DEEP}, the array of the events among them`;
const NO_ELEMENT = 'expected an event, got nothing between two commas or behind the last one';

/** Reads a batch that is a list. An element that is no JSON costs itself alone. */
export function* readList(
  bytes: Buffer,
  { elements, groups }: Pick<JsonScan, 'elements' | 'groups'>,
  isAllUtf8: boolean,
  sizes: BatchSizes,
): BatchSteps {
  if (elements > MAX_EVENTS) {
    yield TOO_MANY;
    return;
  }
  for (const group of groups) {
    const { isLarge, mayLoseDigits, isTooDeep } = group;
    const { from, to } = isLarge ? yield* trimmed(bytes, group.from, group.to, sizes) : group;
    if (isLarge && isOversized(bytes, from, to, sizes)) {
      yield OVERSIZED;
      continue;
    }
    const text = `[${bytes.toString('utf8', from, to)}]`;
    const events = isTooDeep || !isAllUtf8 ? undefined : parsed(text)?.value;
    if (Array.isArray(events) && events.length > 0)
      yield { kind: 'events', events, inexact: mayLoseDigits ? inexactOf(text) : NO_DIGITS_LOST };
    else if (events !== undefined && elements === 1) yield NO_EVENTS;
    else yield* readEach(bytes.subarray(from, to), sizes);
  }
}

/** Elements that stand one behind the other, one by one: some of them are no JSON. */
function* readEach(bytes: Buffer, sizes: BatchSizes): BatchSteps {
  const list = Buffer.concat([LIST, bytes, LIST_END]);
  const scan = new JsonScan(list, EACH, MAX_EVENTS);
  while (!scan.step());
  for (const { mayLoseDigits, isTooDeep, ...element } of scan.groups) {
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

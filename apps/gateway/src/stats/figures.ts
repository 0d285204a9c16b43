import { FIGURE_BYTES, TallyError, type EventTypeDefinition, type query } from '@tally/contracts';
import { QUANTILE_ERROR, UNIQUE_ERROR } from '@tally/sketches';
import { quoted } from '../events/rejection.js';
import type { ParameterReader } from '../http/parameter-reader.js';

/** The function that answers how many different values there were. */
export const UNIQUE = 'unique';
/** The name of a function that answers a quantile: percent, at most one decimal. */
export const QUANTILE_PATTERN = '^p(?:100(?:\\.0)?|[1-9]?[0-9](?:\\.[0-9])?)$';
/** Most quantiles of one question. */
export const MAX_QUANTILES = 10;

const QUANTILE = new RegExp(QUANTILE_PATTERN);
const PER_MILLE = 10;
const MICRO = 1_000_000;

/** What a question asks of sketches. */
export interface Figures {
  readonly isUnique: boolean;
  /** As it was given; undefined: the one that the type declares. */
  readonly attribute: string | undefined;
  /** In thousandths, ascending, each once. */
  readonly quantiles: readonly number[];
}

export const NO_FIGURES: Figures = { isUnique: false, attribute: undefined, quantiles: [] };

/** Whether a word, in lower case, is the name of a function that is answered from sketches. */
export function isFigure(word: string): boolean {
  return word === UNIQUE || QUANTILE.test(word);
}

/** undefined without any. @param words Functions that are asked and answered from sketches. */
export function readFigures(
  reader: ParameterReader,
  words: readonly string[],
): Figures | undefined {
  const isUnique = words.includes(UNIQUE);
  const attribute = reader.one('attribute');
  if (attribute !== undefined && !isUnique)
    reader.refuse(
      `expected no attribute without function=${UNIQUE}, got ${quoted(attribute)}: it names whose different values are counted`,
    );
  if (words.length === 0) return undefined;
  const asked = words.filter((word) => word !== UNIQUE);
  const quantiles = new Set(asked.map((word) => Math.round(Number(word.slice(1)) * PER_MILLE)));
  if (quantiles.size > MAX_QUANTILES)
    reader.refuse(`expected at most ${MAX_QUANTILES} quantiles, got ${quantiles.size}`);
  return { isUnique, attribute, quantiles: [...quantiles].sort((a, b) => a - b) };
}

/**
 * What the query service is asked; undefined: nothing of sketches. TallyError `invalid_argument` that
 * names what is declared, when the type has never declared what is asked.
 *
 * @param versions All definitions of the type, ascending by version: an answer may be of a time when an
 * attribute was declared that is not any more.
 */
export function toAskedFigures(
  type: string,
  { isUnique, attribute, quantiles }: Figures,
  versions: () => readonly EventTypeDefinition[],
): query.AskedFigures | undefined {
  if (!isUnique && quantiles.length === 0) return undefined;
  const all = versions();
  if (quantiles.length > 0 && !all.some((version) => version.quantiles))
    throw invalid(
      `the type ${type} declares no quantiles: its definition needs "quantiles": true, and has it for the events that come then`,
    );
  if (!isUnique) return { quantiles };
  const ever = [...new Set(all.flatMap(({ uniques }) => uniques))].sort();
  const now = all.at(-1)?.uniques ?? [];
  const uniqueAttribute = attribute ?? (now.length === 1 ? now[0] : onlyOne(ever));
  if (uniqueAttribute !== undefined && ever.includes(uniqueAttribute))
    return { uniqueAttribute, quantiles };
  if (ever.length === 0)
    throw invalid(
      `the type ${type} declares no unique attributes: its definition needs "uniques", and has them for the events that come then`,
    );
  throw invalid(
    `expected attribute to be one of ${ever.map(quoted).join(', ')}, which the type ${type} declares as unique, got ${attribute === undefined ? 'none' : quoted(attribute)}`,
  );
}

/** Why a question is not answered of which somebody has more points, or sketches, than may be. */
export function tooManySketches(maxPoints: number): TallyError {
  return invalid(
    `expected a question with at most ${maxPoints} points (subjects times windows), and with no more sketches than are read for one: ask for fewer subjects or a shorter time`,
  );
}

/** The errors of what is asked, by function; undefined where nothing is estimated. */
export function errorsOf({ isUnique, quantiles }: Figures): object | undefined {
  if (!isUnique && quantiles.length === 0) return undefined;
  return Object.fromEntries([
    ...(isUnique ? [[UNIQUE, { standard: UNIQUE_ERROR }]] : []),
    ...quantiles.map((quantile) => [nameOf(quantile), { relative: errorOf(quantile) }]),
  ]);
}

/** The first and the last value are the minimum and the maximum of a window, which are exact. */
function errorOf(perMille: number): number {
  return perMille === 0 || perMille === 100 * PER_MILLE ? 0 : QUANTILE_ERROR;
}

/** Writes what is asked of sketches, window by window, as members of JSON. */
export class FigureWriter {
  private readonly names: readonly string[];
  /** Of a window without events. */
  readonly noEvents: string;

  constructor(private readonly asked: Figures) {
    const { isUnique, quantiles } = asked;
    this.names = [...(isUnique ? [UNIQUE] : []), ...quantiles.map(nameOf)];
    this.noEvents = this.names.map((name) => member(name, name === UNIQUE ? 0 : null)).join('');
  }

  /** @param figures Of all windows. @param window Its index. */
  write(figures: Buffer | undefined, window: number): string {
    const { names, asked } = this;
    let text = '';
    for (let index = 0; index < names.length; index++) {
      const at = (window * names.length + index) * FIGURE_BYTES;
      const isThere = figures !== undefined && at + FIGURE_BYTES <= figures.length;
      const figure = isThere ? figures.readDoubleLE(at) : Number.NaN;
      const isMicro = index > 0 || !asked.isUnique;
      text += member(
        names[index] ?? '',
        Number.isNaN(figure) ? null : figure / (isMicro ? MICRO : 1),
      );
    }
    return text;
  }
}

function nameOf(perMille: number): string {
  return `p${perMille / PER_MILLE}`;
}

function member(name: string, figure: number | null): string {
  return `,"${name}":${figure}`;
}

function onlyOne(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}

function invalid(message: string): TallyError {
  return new TallyError('invalid_argument', message);
}

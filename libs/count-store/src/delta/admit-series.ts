import {
  decodeDeltaRows,
  decodeSeriesNames,
  encodeDeltaRows,
  encodeSeriesNames,
  MAX_CARDINALITY_LIMIT,
  OTHER_VALUE,
  type DeltaRow,
  type SeriesName,
  type shardProxy,
} from '@tally/contracts';
import { seriesId } from '@tally/placement';
import { deltaEntries, ENTRY_BYTES } from '@tally/sketches';
import type pg from 'pg';
import { toTallyError } from '../postgres-errors.js';
import { ADMIT_SERIES } from './admit-series.sql.js';

type Told = Pick<shardProxy.ApplyDeltaRequest, 'rows' | 'seriesNames' | 'splitRules' | 'sketches'>;

/** What is left of a delta once its series are admitted. */
export interface Admitted<Request> {
  readonly request: Request;
  /** Those that are too many. */
  readonly refused: readonly SeriesName[];
}

/**
 * Enters the split series that a delta tells of. What it adds to those that are too many of their subject
 * goes to the series of all others. The same again finds the same ones refused, or fewer. Its bytes must
 * have been checked (parseDelta); TallyErrors as of applyDelta.
 */
export async function admitSeries<Request extends Told>(
  pool: pg.Pool,
  request: Request,
): Promise<Admitted<Request>> {
  if (request.splitRules.length === 0) return { request, refused: [] };
  const names = decodeSeriesNames(request.seriesNames) ?? [];
  const asked = names.flatMap((name) => {
    const rule = ruleOf(name, request.splitRules);
    if (rule === undefined) return [];
    const other = otherOf(name, rule);
    return hex(name) === hex(other) ? [] : [{ name, other, most: rule.most }];
  });
  const tooMany = await refusedOf(pool, asked);
  if (tooMany.size === 0) return { request, refused: [] };
  const others = new Map<string, SeriesName>();
  for (const { name, other } of asked) {
    if (tooMany.has(hex(name))) others.set(hex(name), other);
  }
  return {
    request: {
      ...request,
      ...redirected(request, others),
      seriesNames: renamed(names, others),
    },
    refused: names.filter((name) => others.has(hex(name))),
  };
}

interface Asked {
  readonly name: SeriesName;
  readonly most: number;
}

/** Ids in hexadecimal. */
async function refusedOf(pool: pg.Pool, asked: readonly Asked[]): Promise<ReadonlySet<string>> {
  const names = asked.map(({ name }) => name);
  const values = [
    names.map(hex),
    names.map(({ project }) => project),
    names.map(({ type }) => type),
    names.map(({ subject }) => subject),
    names.map(({ dimensions }) => dimensions),
    asked.map(({ most }) => Math.min(most, MAX_CARDINALITY_LIMIT)),
  ];
  try {
    const { rows } = await pool.query<{ readonly id: string }>({ ...ADMIT_SERIES, values });
    return new Set(rows.map(({ id }) => id.replaceAll('-', '')));
  } catch (error) {
    throw toTallyError('the series of a delta', error);
  }
}

function ruleOf(
  { project, type, dimensions }: SeriesName,
  rules: readonly shardProxy.SplitRule[],
): shardProxy.SplitRule | undefined {
  if (dimensions === '') return undefined;
  return rules.find((rule) => rule.project === project && rule.type === type);
}

/** The series of all others of the same subject. */
function otherOf(
  { project, type, subject }: SeriesName,
  { dimensions }: shardProxy.SplitRule,
): SeriesName {
  const values = dimensions.map((name) => [name, OTHER_VALUE] as const);
  return {
    id: seriesId(project, type, subject, values),
    project,
    type,
    subject,
    dimensions: JSON.stringify(Object.fromEntries(values)),
  };
}

/** By id in hexadecimal, what each series becomes. */
type Others = ReadonlyMap<string, SeriesName>;

/** Each (series, minute, retention class) once, as rows have to be, and sketches of the rows as they are then. */
function redirected(
  { rows: bytes, sketches }: Told,
  others: Others,
): Pick<Told, 'rows' | 'sketches'> {
  const rows = new Map<string, DeltaRow>();
  const numbers = new Map<string, number>();
  const numberOf: number[] = [];
  for (const row of decodeDeltaRows(bytes) ?? []) {
    const series = others.get(hex({ id: row.series }))?.id ?? row.series;
    const key = `${hex({ id: series })} ${row.minute} ${row.retention}`;
    rows.set(key, added({ ...row, series }, rows.get(key)));
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    numberOf.push(number);
  }
  const encoded = encodeDeltaRows([...rows.values()]);
  return sketches === undefined
    ? { rows: encoded }
    : { rows: encoded, sketches: renumbered(sketches, numberOf) };
}

/** Some rows may have more than one sketch of a kind then: whoever reads them merges them. */
function renumbered(sketches: Buffer, numberOf: readonly number[]): Buffer {
  const bytes = Buffer.from(sketches);
  for (const { row, from } of deltaEntries(sketches))
    bytes.writeUInt32BE(numberOf[row] ?? row, from - ENTRY_BYTES);
  return bytes;
}

function added(row: DeltaRow, to: DeltaRow | undefined): DeltaRow {
  if (to === undefined) return row;
  const sums = {
    count: to.count + row.count,
    valued: to.valued + row.valued,
    sum: to.sum + row.sum,
  };
  if (to.valued === 0n) return { ...row, ...sums };
  if (row.valued === 0n) return { ...to, ...sums };
  return {
    ...row,
    ...sums,
    min: to.min < row.min ? to.min : row.min,
    max: to.max > row.max ? to.max : row.max,
  };
}

/** Each name once. */
function renamed(names: readonly SeriesName[], others: Others): Buffer {
  const all = new Map<string, SeriesName>();
  for (const name of names) {
    const own = others.get(hex(name)) ?? name;
    all.set(hex(own), own);
  }
  return encodeSeriesNames([...all.values()]);
}

function hex({ id }: Pick<SeriesName, 'id'>): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex');
}

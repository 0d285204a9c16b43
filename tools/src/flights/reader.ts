import {
  readStats,
  readStatsAsOf,
  type StatsAnswer,
  type StatsQuestion,
  type Target,
} from '@tally/client';
import type { AirportFigures } from './figures.js';
import { EVENT_TYPE } from './flights.js';

export interface ReaderOptions {
  readonly target: Target;
  readonly airports: readonly string[];
  /** RFC 3339, from inclusive, to exclusive. */
  readonly from: string;
  readonly to: string;
}

/** All airports in one question. */
export async function readFigures(options: ReaderOptions): Promise<Map<string, AirportFigures>> {
  return figuresIn(await readStats(options.target, questionOf(options)));
}

/** The same, when everything is in the answer that was acknowledged before an instant (ms since 1970). */
export async function readFiguresAsOf(
  options: ReaderOptions,
  instant: number,
  withinMs: number,
): Promise<Map<string, AirportFigures>> {
  return figuresIn(await readStatsAsOf(options.target, questionOf(options), instant, withinMs));
}

function questionOf({ airports, from, to }: ReaderOptions): StatsQuestion {
  return {
    type: EVENT_TYPE,
    subjects: airports,
    functions: ['count', 'sum', 'avg', 'min', 'max'],
    from,
    to,
  };
}

function figuresIn({ series }: StatsAnswer): Map<string, AirportFigures> {
  const figures = new Map<string, AirportFigures>();
  for (const { subject: airport, points } of series) {
    const [point] = points;
    if (point === undefined) continue;
    const { count, sum, avg = null, min = null, max = null } = point;
    figures.set(airport, {
      airport,
      count: Number(count),
      sum: Number(sum),
      avg,
      min: min === null ? null : Number(min),
      max: max === null ? null : Number(max),
    });
  }
  return figures;
}

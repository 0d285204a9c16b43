import type { Flight } from './flights.js';

/** What is known of one airport; null where no flight left from it. */
export interface AirportFigures {
  readonly airport: string;
  readonly count: number;
  readonly sum: number;
  readonly avg: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** Straight from the file: whole minutes, so plain arithmetic is exact. By airport. */
export function figuresOf(flights: readonly Flight[]): Map<string, AirportFigures> {
  const delays = new Map<string, number[]>();
  for (const { origin, delay } of flights) {
    const known = delays.get(origin);
    if (known === undefined) delays.set(origin, [delay]);
    else known.push(delay);
  }
  return new Map(
    [...delays].map(([airport, all]) => {
      const sum = all.reduce((total, delay) => total + delay, 0);
      const [min, max] = [Math.min(...all), Math.max(...all)];
      return [airport, { airport, count: all.length, sum, avg: sum / all.length, min, max }];
    }),
  );
}

const FIELDS = ['count', 'sum', 'avg', 'min', 'max'] as const;

/** One sentence for each figure that is not the same. */
export function differences(
  counted: ReadonlyMap<string, AirportFigures>,
  expected: ReadonlyMap<string, AirportFigures>,
): string[] {
  return [...expected].flatMap(([airport, figures]) =>
    FIELDS.filter((field) => counted.get(airport)?.[field] !== figures[field]).map(
      (field) =>
        `${airport}: ${field} is ${counted.get(airport)?.[field]}, the file says ${figures[field]}`,
    ),
  );
}

/** The busiest airports of both, side by side; most flights first, then by name. */
export function table(
  counted: ReadonlyMap<string, AirportFigures>,
  expected: ReadonlyMap<string, AirportFigures>,
  rows: number,
): string {
  const busiest = [...counted.values()]
    .sort((a, b) => b.count - a.count || (a.airport < b.airport ? -1 : 1))
    .slice(0, rows);
  const cells = (figures: AirportFigures | undefined) => [
    String(figures?.count ?? '-'),
    figures?.avg?.toFixed(3) ?? '-',
    String(figures?.min ?? '-'),
    String(figures?.max ?? '-'),
  ];
  const line = (airport: string, here: readonly string[], there: readonly string[]) =>
    `  ${airport.padEnd(8)}${here.map((text) => text.padStart(9)).join('')}  |` +
    there.map((text) => text.padStart(9)).join('');
  const names = ['count', 'average', 'min', 'max'];
  return [
    `  ${''.padEnd(8)}${'counted by Tally'.padStart(36)}  |${'straight from the file'.padStart(36)}`,
    line('airport', names, names),
    ...busiest.map((here) => line(here.airport, cells(here), cells(expected.get(here.airport)))),
  ].join('\n');
}

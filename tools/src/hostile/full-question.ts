import type { Pick } from '@tally/testing/extreme';

/** Below what one filled answer may have, by default. */
const MOST_MINUTES = 19_999;
const MINUTE_MS = 60_000;

/** A path that asks for the largest answer about subjects of which there is no event: all points are made. */
export function fullQuestion(pick: Pick): string {
  const from = Date.UTC(1970 + pick(50), 0, 1);
  return questionOf(pick, from, from + MOST_MINUTES * MINUTE_MS, 'minute');
}

/** A path that asks for each day of centuries. */
export function longQuestion(pick: Pick): string {
  return questionOf(pick, Date.UTC(1970, 0, 1), Date.UTC(2023 + pick(217), 0, 1), 'day');
}

function questionOf(pick: Pick, from: number, to: number, granularity: string): string {
  const query = new URLSearchParams({
    type: 'view',
    subject: `hostile-${pick(2 ** 30)}`,
    function: 'count,sum,avg,min,max',
    granularity,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    fill: 'zero',
  });
  return `/v1/stats?${query.toString()}`;
}

import { describe, expect, it } from '@jest/globals';
import { MAX_GROUPS } from '@tally/contracts';
import { assertFits, pointsOf, readQuestion } from './stats-question.js';

const NOW = Date.UTC(2026, 4, 20, 14, 5, 6, 789);
const LIMITS = { maxPoints: 100_000, maxFilledPoints: 20_000 };
const GOOD = { type: 'view', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

const NAMES = ['country', 'device', 'a,b', 'a', 'a:b'];
const dimensionsOf = (type: string) => (type === 'view' ? NAMES : []);
const readTarget = (query: string, limits = LIMITS) =>
  readQuestion(`/v1/stats?${query}`, limits, NOW, dimensionsOf);
const ask = (more: Record<string, string> = {}, subjects = ['video-42'], limits = LIMITS) => {
  const query = new URLSearchParams({ ...GOOD, ...more });
  for (const subject of subjects) query.append('subject', subject);
  return readTarget(query.toString(), limits);
};
/** From and to as they are answered. */
const timesOf = (query: string) => {
  const { fromMs, toMs } = readTarget(`type=view&subject=s&${query}`);
  return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
};
const refusalOf = (query: string, limits = LIMITS): string => {
  try {
    readTarget(query, limits);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_argument' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error(`${query} was taken`);
};

describe('a question for statistics', () => {
  it('counts the hours of the last day unless it says otherwise', () => {
    expect(readTarget('type=view&subject=video-42')).toEqual({
      type: 'view',
      subjects: ['video-42'],
      functions: new Set(['count']),
      fromMs: Date.UTC(2026, 4, 19, 14),
      toMs: Date.UTC(2026, 4, 20, 15),
      granularity: 'hour',
      fillZero: false,
      allowPartial: false,
    });
  });

  it('may ask for more', () => {
    const more = {
      function: 'max,sum',
      granularity: 'hour',
      timezone: 'UTC',
      fill: 'zero',
      partial: 'allow',
    };
    expect(ask({ ...more, from: '2026-01-01T05:45:00+05:45' }, ['b', 'a', 'b'])).toMatchObject({
      subjects: ['b', 'a'],
      functions: new Set(['max', 'sum']),
      fromMs: Date.UTC(2026, 0, 1),
      granularity: 'hour',
      fillZero: true,
      allowPartial: true,
    });
  });

  it.each([
    ['function=COUNT&granularity=Hour&fill=Zero&partial=ALLOW', 'words in any case'],
    ['timezone=utc', 'the zone in any case'],
    ['timezone=Etc/UTC', 'its other name'],
    ['timezone=Z', 'its short name'],
    ['function=&from=&to=&granularity=&timezone=&fill=&partial=', 'fields that were left empty'],
    ['granularity=day&granularity=day', 'the same thing twice'],
    ['&&granularity=day&', 'separators too many'],
  ])('takes %s: %s', (query) => {
    expect(readTarget(`type=view&subject=s&${query}`)).toMatchObject({ type: 'view' });
  });

  it.each([
    ['function=sum,count', ['sum', 'count']],
    ['function=sum&function=count', ['sum', 'count']],
    ['function=sum,%20avg&function=,', ['sum', 'avg']],
    ['function=min,min&function=MIN', ['min']],
  ])('takes lists with commas, or repeated: %s', (query, functions) => {
    const question = readTarget(`type=view&subject=s&${query}`);
    expect([...question.functions]).toEqual(functions);
  });

  it('takes a comma in a subject as part of it', () => {
    expect(readTarget('type=view&subject=a,b&subject=c').subjects).toEqual(['a,b', 'c']);
  });

  it('names 1 to 500 subjects of 1 to 512 bytes', () => {
    const subjects = Array.from({ length: 501 }, (_, index) => `s${index}`);
    expect(ask({}, subjects.slice(1)).subjects).toHaveLength(500);
    expect(ask({}, [...subjects.slice(1), 's1']).subjects).toHaveLength(500);
    expect(() => ask({}, subjects)).toThrow('1 to 500 subjects, got 501');
    expect(() => ask({}, [])).toThrow('1 to 500 subjects, got 0');
    expect(() => ask({}, [''])).toThrow('subject to have 1 to 512 bytes');
    expect(() => ask({}, ['a\0'])).toThrow('subject to have 1 to 512 bytes');
    expect(() => ask({}, ['é'.repeat(257)])).toThrow('subject to have 1 to 512 bytes');
  });
});

describe('the time asked for', () => {
  it.each([
    // As asked, by day.
    ['granularity=day&from=2026-03-01&to=2026-03-08', '2026-03-01T00:00', '2026-03-08T00:00'],
    [
      'granularity=day&from=2026-03-01&to=2026-03-07T15:00:00Z',
      '2026-03-01T00:00',
      '2026-03-08T00:00',
    ],
    [
      'granularity=hour&from=2026-03-01T23:59:59.999Z&to=2026-03-02T00:00:00.001Z',
      '2026-03-01T23:00',
      '2026-03-02T01:00',
    ],
    [
      'granularity=minute&from=2026-03-01T10:20:30Z&to=2026-03-01T10:21:00Z',
      '2026-03-01T10:20',
      '2026-03-01T10:21',
    ],
    [
      'granularity=total&from=2026-03-01T10:20:30Z&to=2026-03-01T10:21:01Z',
      '2026-03-01T10:20',
      '2026-03-01T10:22',
    ],
    // Offsets, of which the plus may be lost.
    [
      'granularity=hour&from=2026-03-01T02:00:00%2B02:00&to=2026-03-01T03:00:00-01:00',
      '2026-03-01T00:00',
      '2026-03-01T04:00',
    ],
    [
      'granularity=hour&from=2026-03-01T07:45:00.5+05:45&to=2026-03-01T04:00:00Z',
      '2026-03-01T02:00',
      '2026-03-01T04:00',
    ],
    // From now, which is 2026-05-20T14:05:06.789Z.
    ['granularity=day&from=-7d', '2026-05-13T00:00', '2026-05-21T00:00'],
    ['granularity=hour&from=-6h&to=now', '2026-05-20T08:00', '2026-05-20T15:00'],
    ['granularity=hour&from=now-6h&to=NOW', '2026-05-20T08:00', '2026-05-20T15:00'],
    ['granularity=hour&from=now%20-%206%20hours&to=-30m', '2026-05-20T08:00', '2026-05-20T14:00'],
    ['granularity=hour&from=now&to=now%2B2h', '2026-05-20T14:00', '2026-05-20T17:00'],
    ['granularity=hour&from=now&to=now+2h', '2026-05-20T14:00', '2026-05-20T17:00'],
    ['granularity=hour&from=now&to=+2h', '2026-05-20T14:00', '2026-05-20T17:00'],
    ['granularity=day&from=-2w&to=-1week', '2026-05-06T00:00', '2026-05-14T00:00'],
    ['granularity=day&from=-P7D&to=-P1DT12H', '2026-05-13T00:00', '2026-05-20T00:00'],
    ['granularity=day&from=now-P1M', '2026-04-20T00:00', '2026-05-21T00:00'],
    ['granularity=day&from=-1y&to=-11mo', '2025-05-20T00:00', '2025-06-21T00:00'],
    // A length from the other end.
    ['granularity=day&from=P7D', '2026-05-13T00:00', '2026-05-21T00:00'],
    ['granularity=hour&from=PT6H&to=2026-03-01', '2026-02-28T18:00', '2026-03-01T00:00'],
    ['granularity=hour&from=2026-03-01&to=pt6h', '2026-03-01T00:00', '2026-03-01T06:00'],
    ['granularity=day&from=2026-01-31&to=P1M', '2026-01-31T00:00', '2026-02-28T00:00'],
    ['granularity=day&from=1%20month&to=2024-03-31', '2024-02-29T00:00', '2024-03-31T00:00'],
    ['granularity=minute&from=90s&to=2026-03-01', '2026-02-28T23:58', '2026-03-01T00:00'],
    // What was not said.
    ['granularity=hour&to=2026-03-01', '2026-02-28T00:00', '2026-03-01T00:00'],
    ['granularity=hour&to=1970-01-01T06:00:00Z', '1970-01-01T00:00', '1970-01-01T06:00'],
    ['granularity=day&from=2026-05-19', '2026-05-19T00:00', '2026-05-21T00:00'],
  ])('%s', (query, from, to) => {
    expect(timesOf(query)).toEqual([`${from}:00.000Z`, `${to}:00.000Z`]);
  });

  it('reaches to the end of the years that RFC 3339 has', () => {
    const { toMs } = readTarget('type=view&subject=s&from=1970-01-01&to=9999-12-31T23:59:59Z');
    expect(toMs).toBe(Date.UTC(10_000, 0, 1));
  });

  it('has a granularity that fits, unless it names one', () => {
    const granularityOf = (query: string, subjects = 1) =>
      ask(
        { from: '', to: '2026-03-01', ...Object.fromEntries(new URLSearchParams(query)) },
        Array.from({ length: subjects }, (_, index) => `s${index}`),
      ).granularity;
    expect(granularityOf('from=PT6H')).toBe('minute');
    expect(granularityOf('from=PT7H')).toBe('hour');
    expect(granularityOf('from=P14D')).toBe('hour');
    expect(granularityOf('from=P17D')).toBe('day');
    expect(granularityOf('from=P10Y')).toBe('day');
    expect(granularityOf('from=P20Y')).toBe('total');
    // Hours of 500 subjects would not have room in one answer, nor days with zeros.
    expect(granularityOf('from=P16D', 500)).toBe('day');
    expect(granularityOf('from=P100D&fill=zero', 500)).toBe('total');
  });
});

describe('what a question cannot be', () => {
  it.each([
    ['type=View', 'type to be the name of an event type'],
    ['type=View', 'got "View" (is it view?)'],
    ['type=view,like', 'type to be the name'],
    ['type=view&type=like', 'type once, got "view" and "like"'],
    ['from=yesterday', 'from to be an instant with its offset'],
    ['from=yesterday', 'got "yesterday"'],
    ['to=2026-13-01', 'to to be an instant'],
    ['to=2026-02-30', 'to to be an instant'],
    ['from=2026-01-01T00:00:00', 'its offset is missing'],
    ['from=2026-01-01%2012:00', 'its offset is missing'],
    ['from=1767225600', 'since 1970 are not taken'],
    ['from=-7', 'from to be an instant'],
    ['from=-5M', 'from to be an instant'],
    ['from=P', 'from to be an instant'],
    ['from=PT', 'from to be an instant'],
    ['from=-0d', 'from to be an instant'],
    ['from=1969-12-31T23:59:59Z', 'from from 1970'],
    ['from=-999999999y', 'from from 1970'],
    ['to=now%2B999999999d', 'to from 1970 to the end of 9999'],
    ['from=P1D&to=P2D', 'got two lengths'],
    ['to=P2D', 'got two lengths'],
    ['from=2026-02-01&to=2026-01-01', 'from before to, got 2026-02-01T00:00:00Z and 2026-01-01'],
    ['from=2026-02-01&to=2026-02-01', 'to is exclusive'],
    ['from=now%2B1h', 'from before to'],
    ['from=2026-03-01T02:00:00+02:00&to=2026-03-01T05:45:00+05:45', 'from before to'],
    [
      'function=median',
      'function to be one of count, sum, avg, min, max, unique, a quantile from p0 to p100, got "median"',
    ],
    ['function=cuont', '(is it count?)'],
    ['granularity=week', 'granularity to be one of minute, hour, day, total'],
    ['granularity=hourly', '(is it hour?)'],
    ['granularity=hour&granularity=day', 'granularity once'],
    ['timezone=Europe/Amsterdam', 'timezone=UTC, got "Europe/Amsterdam": days are those of UTC'],
    ['fill=null', 'fill to be one of zero'],
    ['partial=yes', 'partial to be one of allow'],
    ['granularty=hour', 'got "granularty" (is it granularity?)'],
    ['Timezone=UTC', 'got "Timezone" (is it timezone?)'],
    ['subject[]=s', 'got "subject[]" (is it subject?)'],
    ['group=country', 'got "group"'],
    ['fill=%ff', 'fill to be percent-encoded UTF-8'],
  ])('%s', (query, message) => {
    const whole = query.startsWith('type=') ? query : `type=view&${query}`;
    expect(refusalOf(`subject=s&${whole}`)).toContain(message);
  });

  it('is said all at once', () => {
    const said = refusalOf(
      'type=V!&function=p101&from=x&to=y&granularity=z&timezone=CET&fill=1&a=b',
    );
    for (const name of ['type', 'subjects', 'function', 'from', 'to', 'granularity', 'fill'])
      expect(said).toMatch(new RegExp(`expected (1 to 500 )?${name}`));
    expect(said).toContain('expected timezone=UTC');
    expect(said).toContain('"a"');
  });
});

describe('the limit of points', () => {
  const years = { from: '2024-01-01', to: '2026-01-01', granularity: 'minute' };

  it('is not one of windows that may have no event', () => {
    expect(ask(years, ['a', 'b']).granularity).toBe('minute');
  });

  it('holds for those that are filled, and what would do is told', () => {
    expect(() => ask({ ...years, fill: 'zero' }, ['a'])).toThrow(
      'at most 20000 points with fill=zero (subjects times windows), got 1052640: granularity=hour would have 17544',
    );
    expect(() => ask({ ...years, fill: 'zero' }, ['a', 'b'])).toThrow(
      'granularity=day would have 1462, or ask for fewer subjects or a shorter time, or without fill=zero',
    );
    const few = { maxPoints: 1, maxFilledPoints: 1 };
    expect(() => ask({ granularity: 'total' }, ['a', 'b'], few)).toThrow(
      'at most 1 points (subjects times windows), got 2: ask for fewer subjects',
    );
  });
});

describe('a question for groups', () => {
  const grouping = (query: string) => readTarget(`type=view&subject=s&${query}`).grouping;
  const one = (dimension: string, values: string[], excluded = false) => ({
    dimension,
    values,
    excluded,
  });

  it.each([
    ['group_by=country', ['country']],
    ['group_by=country,device', ['country', 'device']],
    ['group_by=device&group_by=country,device,', ['device', 'country']],
    // Names that have a comma themselves.
    ['group_by=a,b', ['a,b']],
    ['group_by=a,country', ['a', 'country']],
  ])('takes %s', (query, groupBy) => {
    expect(grouping(query)).toEqual({ groupBy, conditions: [] });
  });

  it.each([
    ['filter=country:FR', [one('country', ['FR'])]],
    [
      'filter=country:FR&filter=device:tv&filter=country:',
      [one('country', ['FR', '']), one('device', ['tv'])],
    ],
    ['exclude=country:FR&filter=', [one('country', ['FR'], true)]],
    ['filter=a:1&exclude=a:b:c:d', [one('a', ['1']), one('a:b', ['c:d'], true)]],
    ['filter=country:a%2Cb', [one('country', ['a,b'])]],
  ])('takes %s', (query, conditions) => {
    expect(grouping(query)).toEqual({ groupBy: [], conditions });
  });

  it('is none where the parameters were left empty', () => {
    expect(grouping('group_by=&filter=&exclude=')).toBeUndefined();
  });

  it.each([
    ['group_by=contry', '"contry" (is it country?)'],
    [
      'group_by=country,subject',
      'a dimension of view (country, device, a,b, a, a:b), got "subject"',
    ],
    ['filter=country', '"country" without a colon'],
    ['exclude=contry:FR', 'got "contry" (is it country?)'],
    ['type=like&group_by=country', 'expected type once'],
  ])('with %s is refused: %s', (query, problem) => {
    expect(refusalOf(`type=view&subject=s&${query}`)).toContain(problem);
  });

  it('of a type without dimensions is refused', () => {
    expect(refusalOf('type=like&subject=s&group_by=country')).toContain(
      'a dimension of like, which has none',
    );
  });

  it('has as many points as there may be groups, and with fill=zero must fit for each subject', () => {
    const question = readTarget('type=view&subject=s&group_by=country&granularity=total');
    expect(pointsOf(question)).toBe(MAX_GROUPS);
    expect(pointsOf({ ...question, grouping: { groupBy: [], conditions: [] } })).toBe(1);
    const filled = readTarget('type=view&subject=s&group_by=country&fill=zero&granularity=minute');
    expect(() => assertFits(filled, 13, LIMITS)).not.toThrow();
    expect(() => assertFits(filled, 14, LIMITS)).toThrow(
      'at most 20000 points with fill=zero (groups times windows), got more',
    );
  });
});

/** A generator of whole numbers below a bound: the same for the same seed (xorshift32). */
export type Below = (bound: number) => number;

export function numbersFrom(seed: number): Below {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** The clock of all fuzz: what is said to be now, ms since 1970. */
export const NOW_MS = Date.UTC(2026, 10, 29, 12);
/** The maximum age of events of the type `aged`, in ms. */
export const MAX_AGE_MS = 3_600_000;

/** Once in so many times something that is not usual; of some events never. */
type Odd = (times: number) => boolean;

const of = <T>(below: Below, ...all: readonly [T, ...T[]]): T => all[below(all.length)] ?? all[0];
const text = (value: string): string => `"${value}"`;

/** Strings of JSON as they are written, most of them such that an id or a subject may be. */
function someText(below: Below, odd: Odd, longest: number): string {
  if (!odd(10))
    return of(
      below,
      () => text(`r${below(1000)}-${below(2 ** 31).toString(16)}${below(2 ** 31).toString(16)}`),
      () => text(`video-${below(100_000)}`),
      () => text('vidéo 42/✈ 😀'),
      () => text('x'.repeat(1 + below(longest))),
    )();
  return of(
    below,
    () => text('x'.repeat(longest - 1 + below(3))),
    () => text('é'.repeat((longest >>> 1) - 1 + below(3))),
    () => '""',
    () => text(`a\\u00e9\\n\\"${below(10)}`),
    () => text('\\ud83d\\ude00'),
    () => text('\\ud83d'),
    () => text('\\u0000'),
    () => text('a\u0000b'),
    () => text('a\tb\u001f'),
    () => text('\ufeff\ufffd\u2028'),
    () => text('\\x'),
    () => '"open',
    () => someOther(below),
  )();
}

/** A value of JSON that is seldom right. */
function someOther(below: Below): string {
  return of(below, 'null', 'true', 'false', '[]', '{}', '1', '-0', '"view"', '[{"a":[1]}]', 'nul');
}

function someType(below: Below, odd: Odd): string {
  if (!odd(12)) return text(of(below, 'view', 'like', 'share', 'aged', 'a.b_c-9'));
  return of(
    below,
    () => text('t'.repeat(63 + below(3))),
    () => text(of(below, 'View', '-a', '_a', '', 'ä', 'a b', 'vi\\u0065w', '9')),
    () => someOther(below),
  )();
}

function someTime(below: Below, odd: Odd): string {
  const near = new Date(NOW_MS - below(7_200_000) + below(4_200_000));
  const iso = near.toISOString();
  if (!odd(2))
    return text(
      of(below, iso, iso.replace(/\.\d+/, ''), iso.replace('Z', '7Z'), iso.replace('Z', '+00:00')),
    );
  const edge = new Date(NOW_MS + of(below, 3_600_000, -MAX_AGE_MS) + below(3) - 1).toISOString();
  const two = () => String(below(70)).padStart(2, '0');
  return of(
    below,
    () => text(edge),
    () => text(`${of(below, '1969', '1970', '2000', '2024', '1900', '9999')}${iso.slice(4)}`),
    () =>
      text(`20${two()}-${two()}-${two()}T${two()}:${two()}:${two()}${of(below, 'Z', '.5Z', '')}`),
    () => text(`2024-0${1 + below(3)}-${28 + below(4)}T0${below(10)}:59:${of(below, '59', '60')}Z`),
    () => text(iso.replace('Z', of(below, '+00:00', '+02:00', '-0730', ' UTC', 'z', ''))),
    () => text(iso.replace('T', of(below, ' ', 't', '_'))),
    () => text(iso.replace('.', of(below, ',', '..', ':'))),
    () => text(`${iso.slice(0, 19)}.${'1234567890'.repeat(1 + below(5))}Z`),
    () => text(iso.slice(0, below(iso.length))),
    () => String(near.getTime()),
    () => someOther(below),
  )();
}

function someNumber(below: Below, odd: Odd): string {
  const digits = (count: number) => Array.from({ length: count }, () => String(below(10))).join('');
  if (!odd(2)) return `${of(below, '', '-')}${below(1000)}${of(below, '', `.${digits(2)}`)}`;
  return of(
    below,
    () => `${of(below, '', '-')}${below(100)}.${digits(1 + below(7))}`,
    () => `${of(below, '', '-')}${1 + below(9)}${digits(below(18))}`,
    () => `${of(below, '', '-')}0.${digits(1 + below(18))}`,
    () => `-${of(below, '0', '0.0', '1', '', '-1')}`,
    () => of(below, '999999999999', '1000000000000', '999999999999.999', '100000000000.000', '1e3'),
    () => of(below, '1E-2', '1.0e0', '01', '1.', '.5', '+1', '1_0', 'NaN', '1e400', '0.1e1'),
    () => someOther(below),
  )();
}

function someAttributes(below: Below, odd: Odd): string {
  const names = ['country', 'device', 'a', 'b', 'A b', 'née', 'x'.repeat(64), 'a-very-long-name'];
  const strange = [
    '',
    '__proto__',
    '_a',
    '9',
    '10',
    '1a',
    'x'.repeat(65),
    'a\\u0062',
    'toString',
    ' ',
  ];
  const count = odd(20) ? 28 + below(8) : below(5);
  const members = Array.from({ length: count }, (_, index) => {
    const name = odd(15)
      ? of(below, '', ...strange)
      : (names[(index + (odd(4) ? 1 : 0)) % 8] ?? 'a');
    const value = of(
      below,
      () => someText(below, odd, 256),
      () => someNumber(below, odd),
      () => (odd(3) ? someOther(below) : of(below, 'true', 'false')),
    )();
    return `${text(count > 8 && below(9) > 0 ? `n${index}` : name)}:${value}`;
  });
  return odd(30) ? someOther(below) : `{${members.join(',')}}`;
}

/** The JSON text of an event: in the usual form, or nearly. */
export function someEvent(below: Below): string {
  const isUsual = below(4) > 0;
  const odd: Odd = (times) => !isUsual && below(times) === 0;
  const members = [
    `"id":${someText(below, odd, 128)}`,
    `"type":${someType(below, odd)}`,
    `"subject":${someText(below, odd, 512)}`,
  ];
  if (below(2) === 0) members.push(`"time":${someTime(below, odd)}`);
  if (below(2) === 0) members.push(`"value":${someNumber(below, odd)}`);
  if (below(3) === 0) members.push(`"attributes":${someAttributes(below, odd)}`);
  const at = below(members.length + 1);
  switch (isUsual ? undefined : below(16)) {
    case 0:
      members.splice(at, 1);
      break;
    case 1:
      members.splice(at, 0, members[below(members.length)] ?? '');
      break;
    case 2:
      members.splice(
        at,
        0,
        `"${of(below, 'id', 'time', 'value', 'attributes', 'more', 'type')}":null`,
      );
      break;
    case 3:
      members.splice(at, 0, `"${of(below, 'ids', 'i', '', 'Type', '\\u0069d', '__proto__')}":1`);
      break;
    case 4:
    case 5:
      members.reverse();
      break;
    default:
  }
  const [comma = ',', colon = ':'] = of(
    below,
    [',', ':'],
    [',', ':'],
    [', ', ': '],
    [' ,\r\t', ' :\t'],
  );
  return `{${members.join(comma).replaceAll('":', `"${colon}`)}}`;
}

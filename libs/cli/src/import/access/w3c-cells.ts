const TAB = '\t';
const QUOTED = /^"((?:[^"]|"")*)"$/;
/** A value in quotes, in which a quote is written twice, or one without blanks. */
const CELL = /"(?:[^"]|"")*"(?=[ \t]|$)|[^ \t]+/g;

/**
 * The values of a line. They stand between tabs or between blanks, and a value in quotes may have both;
 * but IIS quotes nothing, and there a quote is a character: the number of fields says which it is.
 */
export function cellsOf(line: string, width: number): readonly string[] | string {
  const ways = [
    () => (line.includes(TAB) ? line.split(TAB) : []),
    () => line.match(CELL) ?? [],
    () => line.trim().split(/[ \t]+/),
  ];
  let found = 0;
  for (const way of ways) {
    const cells = way();
    if (cells.length === width) return cells.map(unquoted);
    found = cells.length || found;
  }
  return `expected ${width} values as in "#Fields: …", got ${found}`;
}

function unquoted(cell: string): string {
  const [, inner] = QUOTED.exec(cell) ?? [];
  return inner === undefined ? cell : inner.replaceAll('""', '"');
}

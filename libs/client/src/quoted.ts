const MAX_QUOTED = 80;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text from outside for a terminal: cut, and nothing in it that a terminal obeys. */
export function quoted(text: string): string {
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED - 1)}…` : text;
  return `"${cut.replace(UNPRINTABLE, '\ufffd')}"`;
}

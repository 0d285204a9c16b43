/** Longer words are nobody's slip, and comparing them would cost. */
const MAX_COMPARED = 64;

/**
 * The name that a word was most likely meant to be, whatever its case: at most a third of its letters
 * differ, two in short ones, or one of the two begins with the other. Undefined when none is near.
 */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const meant = word.toLowerCase();
  if (meant.length < 2 || meant.length > MAX_COMPARED) return undefined;
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(meant.length / 3)) + 1;
  for (const name of names) {
    const known = name.toLowerCase();
    const isPart = meant.startsWith(known) || known.startsWith(meant);
    if (!isPart && Math.abs(known.length - meant.length) >= least) continue;
    const edits = isPart ? 1 : editsBetween(meant, known);
    // A name of which nothing is left is not near.
    if (edits >= least || edits >= known.length) continue;
    least = edits;
    nearest = name;
  }
  return nearest;
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editsBetween(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(before, column - 2) + 1 : Infinity,
      );
    }
    [before, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/** One thing that happens, and what the machine says to it. */
export interface Step {
  /** Comments and blank lines before it, as they stand. */
  readonly preface: readonly string[];
  readonly event: string;
  /** Without the `> ` before each. */
  readonly said: readonly string[];
}

export interface Scenario {
  readonly steps: readonly Step[];
  /** What stands behind the last step. */
  readonly rest: readonly string[];
}

const SAID = '> ';

/**
 * Reads a scenario: a line that begins with `>` is what the machine says to the event above it, `#`
 * begins a comment, every other line is an event.
 */
export function parseScenario(text: string): Scenario {
  const steps: { preface: string[]; event: string; said: string[] }[] = [];
  let preface: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith(SAID)) {
      const last = steps.at(-1);
      if (last === undefined) throw new Error(`nothing happened before: ${line}`);
      last.said.push(line.slice(SAID.length));
    } else if (line === '' || line.startsWith('#')) {
      preface.push(line);
    } else {
      steps.push({ preface, event: line, said: [] });
      preface = [];
    }
  }
  return { steps, rest: preface };
}

/** The text of a scenario, byte for byte as it was parsed. */
export function formatScenario({ steps, rest }: Scenario): string {
  const lines = steps.flatMap(({ preface, event, said }) => [
    ...preface,
    event,
    ...said.map((line) => `${SAID}${line}`),
  ]);
  return `${[...lines, ...rest].join('\n')}\n`;
}

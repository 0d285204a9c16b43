import type { TallyError } from '@tally/contracts';
import { quoted } from '../events/rejection.js';
import { nearestName } from './nearest-name.js';
import { parseQuery, refusalOf, type QueryParameters } from './query-parameters.js';

/**
 * Reads the parameters of a request and collects what is wrong with them, so that whoever asks hears
 * all of it at once. A parameter without a value (forms send all their fields) is one that is not there.
 */
export class ParameterReader {
  private readonly parameters: QueryParameters;
  private readonly problems: string[];

  constructor(target: string, allowed: readonly string[]) {
    const { parameters, problems } = parseQuery(target, allowed);
    this.parameters = parameters;
    this.problems = [...problems];
  }

  get hasProblems(): boolean {
    return this.problems.length > 0;
  }

  /** TallyError `invalid_argument` with all problems. */
  refusal(): TallyError {
    return refusalOf(this.problems);
  }

  refuse(problem: string): void {
    this.problems.push(problem);
  }

  /** All values as they came, also empty ones. */
  all(name: string): readonly string[] {
    return this.parameters.get(name) ?? [];
  }

  /** The only value, said once or several times; undefined without one. */
  one(name: string): string | undefined {
    const [value, ...others] = new Set(this.all(name).filter((given) => given !== ''));
    const [other] = others;
    if (value !== undefined && other !== undefined)
      this.refuse(`expected ${name} once, got ${quoted(value)} and ${quoted(other)}`);
    return value;
  }

  /** One word of a few, in any case. */
  word<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.one(name);
    return value === undefined ? undefined : this.wordOf(value, name, allowed);
  }

  /** What was given with commas between, or the parameter repeated; each once, without blank ones. */
  private list(name: string): readonly string[] {
    const given = new Set(this.all(name).flatMap((value) => value.split(',')));
    return [...given].filter((word) => word.trim() !== '');
  }

  /** Words of a few, in any case, with commas between them or the parameter repeated. */
  words<T extends string>(name: string, allowed: readonly T[]): ReadonlySet<T> {
    return this.wordsAnd(name, allowed, () => false).words;
  }

  /** The same, and beside them others by a rule, in lower case. @param also What those are, for people. */
  wordsAnd<T extends string>(
    name: string,
    allowed: readonly T[],
    isOther: (word: string) => boolean,
    also = '',
  ): { readonly words: ReadonlySet<T>; readonly others: readonly string[] } {
    const given = this.list(name);
    const others = given.map((word) => word.trim().toLowerCase()).filter(isOther);
    const words = given
      .filter((word) => !isOther(word.trim().toLowerCase()))
      .map((word) => this.wordOf(word, name, allowed, also));
    return { words: new Set(words.filter((word) => word !== undefined)), others };
  }

  private wordOf<T extends string>(
    value: string,
    name: string,
    allowed: readonly T[],
    also = '',
  ): T | undefined {
    const word = value.trim().toLowerCase();
    const found = allowed.find((one) => one.toLowerCase() === word);
    if (found !== undefined) return found;
    const nearest = nearestName(word, allowed);
    const hint = nearest === undefined ? '' : ` (is it ${nearest}?)`;
    this.refuse(
      `expected ${name} to be one of ${allowed.join(', ')}${also}, got ${quoted(value)}${hint}`,
    );
    return undefined;
  }
}

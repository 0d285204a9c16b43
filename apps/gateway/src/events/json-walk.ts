import { hasExactDigits } from './value-rule.js';

/** Where a text stops being JSON, in characters from 0. */
export interface MalformedJson {
  readonly kind: 'malformed';
  readonly at: number;
}

export interface WalkedJson {
  readonly kind: 'walked';
  /** Indexes (0 for a single event) of the events whose `value` has digits that a double may lose. */
  readonly inexact: ReadonlySet<number>;
}

/**
 * Reads a JSON text (RFC 8259) for what JSON.parse of Node 20 does not tell: at which character the
 * text is malformed, and the digits of the member `value` of each event, which become a double there.
 * (A later Node shows a reviver the source of each number; then only the first is left for this.)
 * Slower than JSON.parse, so for the rare texts that need it: malformed ones, and those in which
 * `scanJson` saw a number that a double may not hold. It calls itself as deep as the text nests:
 * `scanJson` must have bounded that.
 */
export function walkJson(text: string): MalformedJson | WalkedJson {
  const walk = new Walk(text);
  return walk.read()
    ? { kind: 'walked', inexact: walk.inexact }
    : { kind: 'malformed', at: walk.at };
}

/** What a value in the text is. */
type Position =
  | { readonly kind: 'top' }
  | { readonly kind: 'event'; readonly index: number }
  | { readonly kind: 'value'; readonly index: number }
  | { readonly kind: 'inside' };

const TOP: Position = { kind: 'top' };
const INSIDE: Position = { kind: 'inside' };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Walk {
  at = 0;
  readonly inexact = new Set<number>();

  constructor(private readonly text: string) {}

  /** False when malformed; `at` is then the first character that is not as it should be. */
  read(): boolean {
    if (!this.value(TOP)) return false;
    this.space();
    return this.at === this.text.length;
  }

  private value(position: Position): boolean {
    this.space();
    const first = this.text[this.at];
    if (first === '{') return this.object(position);
    if (first === '[') return this.array(position);
    if (first === '"') return this.string();
    if (first === 't') return this.word('true');
    if (first === 'f') return this.word('false');
    if (first === 'n') return this.word('null');
    return this.number(position);
  }

  private object(position: Position): boolean {
    const index =
      position.kind === 'event' ? position.index : position.kind === 'top' ? 0 : undefined;
    this.at += 1;
    this.space();
    if (this.take('}')) return true;
    for (;;) {
      this.space();
      const from = this.at;
      if (this.text[from] !== '"' || !this.string()) return false;
      const isValue = index !== undefined && JSON.parse(this.text.slice(from, this.at)) === 'value';
      this.space();
      if (!this.take(':')) return false;
      // Of two members with one name the last counts.
      if (isValue) this.inexact.delete(index);
      if (!this.value(isValue ? { kind: 'value', index } : INSIDE)) return false;
      this.space();
      if (this.take('}')) return true;
      if (!this.take(',')) return false;
    }
  }

  private array(position: Position): boolean {
    this.at += 1;
    this.space();
    if (this.take(']')) return true;
    for (let index = 0; ; index++) {
      if (!this.value(position.kind === 'top' ? { kind: 'event', index } : INSIDE)) return false;
      this.space();
      if (this.take(']')) return true;
      if (!this.take(',')) return false;
    }
  }

  private string(): boolean {
    for (this.at += 1; this.at < this.text.length; this.at++) {
      const unit = this.text.charCodeAt(this.at);
      if (unit === 0x22) {
        this.at += 1;
        return true;
      }
      if (unit < 0x20) return false;
      if (unit === 0x5c) {
        this.at += 1;
        const escape = this.text[this.at];
        if (escape === undefined || !'"\\/bfnrtu'.includes(escape)) return false;
        if (escape === 'u' && !/^[0-9a-fA-F]{4}$/.test(this.text.slice(this.at + 1, this.at + 5)))
          return false;
      }
    }
    return false;
  }

  private number(position: Position): boolean {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) return false;
    this.at = NUMBER.lastIndex;
    if (position.kind === 'value' && !hasExactDigits(found[0])) this.inexact.add(position.index);
    return true;
  }

  private word(word: string): boolean {
    for (const letter of word) if (!this.take(letter)) return false;
    return true;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private space(): void {
    for (; this.at < this.text.length; this.at++) {
      const unit = this.text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
    }
  }
}

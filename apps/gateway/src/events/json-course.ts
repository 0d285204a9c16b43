/** Bytes that one step reads: about a millisecond. */
const STEP_BYTES = 128 * 1024;

/** What may come next. */
type State =
  | 'value'
  | 'value or ]'
  | 'name'
  | 'name or }'
  | 'colon'
  | 'comma or end'
  | 'string'
  | 'escape'
  | 'hex'
  | 'word'
  | 'minus'
  | 'zero'
  | 'whole'
  | 'point'
  | 'fraction'
  | 'e'
  | 'e sign'
  | 'exponent'
  | 'end';

/** A number may end in these. */
const NUMBER_ENDS: ReadonlySet<State> = new Set(['zero', 'whole', 'fraction', 'exponent']);

/**
 * Whether a JSON text (RFC 8259) of UTF-8 is well formed, and else at which character it is not, found in
 * steps and without making anything of it. Slower than JSON.parse, which cannot be interrupted: for
 * texts that are malformed or of no use, whatever their size. `scanJson` must have bounded the nesting.
 */
export class JsonCourse {
  private state: State = 'value';
  private at: number;
  /** Characters (UTF-16) before `at`, and before the token that the text was last in. */
  private characters = 0;
  private mark = 0;
  /** What is open, the innermost last. */
  private readonly open: ('{' | '[')[] = [];
  private isName = false;
  private hexLeft = 0;
  private wordRest = '';
  private isMalformed = false;

  constructor(
    private readonly bytes: Uint8Array,
    from = 0,
    private readonly to = bytes.length,
    private readonly stepBytes = STEP_BYTES,
  ) {
    this.at = from;
  }

  /** Reads some more bytes; true when there is nothing more to find out. */
  step(): boolean {
    const stop = Math.min(this.at + this.stepBytes, this.to);
    for (; this.at < stop; this.at++) {
      const byte = this.bytes[this.at] ?? 0;
      // The other bytes of a character, which can only be in a string, count with its first.
      if (byte >= 0x80 && byte < 0xc0) continue;
      if (!this.take(byte)) {
        this.isMalformed = true;
        return true;
      }
      this.characters += byte >= 0xf0 ? 2 : 1;
    }
    return this.at >= this.to;
  }

  /** The first character that is not as it should be, from 0; undefined when all are. */
  get malformedAt(): number | undefined {
    const { state, characters, mark, open } = this;
    if (!this.isMalformed && open.length === 0 && (state === 'end' || NUMBER_ENDS.has(state)))
      return undefined;
    return isMiddleOfToken(state) ? mark : characters;
  }

  /** False when this character may not come here. */
  private take(byte: number): boolean {
    const character = String.fromCharCode(byte);
    switch (this.state) {
      case 'string':
        return this.inString(byte);
      case 'escape':
        return this.escape(character);
      case 'hex':
        this.hexLeft -= 1;
        if (!/[0-9a-fA-F]/.test(character)) return false;
        if (this.hexLeft === 0) this.state = 'string';
        return true;
      case 'word':
        if (this.wordRest[0] !== character) return false;
        this.wordRest = this.wordRest.slice(1);
        if (this.wordRest === '') this.valueEnd();
        return true;
      default:
        return this.inNumber(character) ?? (isSpace(byte) || this.between(character));
    }
  }

  private inString(byte: number): boolean {
    if (byte === 0x22) {
      if (this.isName) this.state = 'colon';
      else this.valueEnd();
    } else if (byte === 0x5c) this.state = 'escape';
    return byte >= 0x20;
  }

  private escape(character: string): boolean {
    if (!'"\\/bfnrtu'.includes(character)) return false;
    this.mark = this.characters;
    this.state = character === 'u' ? 'hex' : 'string';
    this.hexLeft = 4;
    return true;
  }

  /** Undefined when the text is in no number, or the character is behind its end. */
  private inNumber(character: string): boolean | undefined {
    const isDigit = character >= '0' && character <= '9';
    switch (this.state) {
      case 'minus':
        return this.goOn(isDigit, character === '0' ? 'zero' : 'whole');
      case 'point':
        return this.goOn(isDigit, 'fraction');
      case 'e':
        return this.goOn(isDigit || isSign(character), isDigit ? 'exponent' : 'e sign');
      case 'e sign':
        return this.goOn(isDigit, 'exponent');
      case 'zero':
      case 'whole':
      case 'fraction':
      case 'exponent':
        break;
      default:
        return undefined;
    }
    if (isDigit && this.state !== 'zero') return true;
    const isPoint = character === '.' && (this.state === 'zero' || this.state === 'whole');
    const isE = (character === 'e' || character === 'E') && this.state !== 'exponent';
    if (isPoint || isE) {
      this.mark = this.characters;
      this.state = isPoint ? 'point' : 'e';
      return true;
    }
    this.valueEnd();
    return undefined;
  }

  private goOn(isRight: boolean, next: State): boolean {
    if (isRight) this.state = next;
    return isRight;
  }

  /** Between the tokens. */
  private between(character: string): boolean {
    switch (this.state) {
      case 'value or ]':
        return character === ']' ? this.close() : this.value(character);
      case 'value':
        return this.value(character);
      case 'name or }':
        return character === '}' ? this.close() : this.name(character);
      case 'name':
        return this.name(character);
      case 'colon':
        return this.goOn(character === ':', 'value');
      case 'comma or end': {
        const inside = this.open.at(-1);
        if (character === ',') return this.goOn(true, inside === '{' ? 'name' : 'value');
        return character === (inside === '{' ? '}' : ']') && this.close();
      }
      default:
        return false;
    }
  }

  private name(character: string): boolean {
    this.isName = true;
    return this.goOn(character === '"', 'string');
  }

  private value(character: string): boolean {
    this.isName = false;
    this.mark = this.characters;
    switch (character) {
      case '"':
        return this.goOn(true, 'string');
      case '{':
      case '[':
        this.open.push(character);
        return this.goOn(true, character === '{' ? 'name or }' : 'value or ]');
      case '-':
        return this.goOn(true, 'minus');
      case 't':
        return this.word('rue');
      case 'f':
        return this.word('alse');
      case 'n':
        return this.word('ull');
      default:
        return this.goOn(
          character >= '0' && character <= '9',
          character === '0' ? 'zero' : 'whole',
        );
    }
  }

  private word(rest: string): boolean {
    this.wordRest = rest;
    return this.goOn(true, 'word');
  }

  private close(): boolean {
    this.open.pop();
    this.valueEnd();
    return true;
  }

  private valueEnd(): void {
    this.state = this.open.length === 0 ? 'end' : 'comma or end';
  }
}

/** What JSON.parse would have stopped at is the beginning of the token's part, not its middle. */
function isMiddleOfToken(state: State): boolean {
  return (
    state === 'hex' || state === 'minus' || state === 'point' || state === 'e' || state === 'e sign'
  );
}

function isSign(character: string): boolean {
  return character === '+' || character === '-';
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

import type { Logger } from '../../src/index.js';

/** Keeps what was logged, for the assertions and for nobody's eyes. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly level: string; readonly fields: object; readonly message: string }[] =
    [];
  readonly debug = this.at('debug');
  readonly info = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');

  count(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  private at(level: string) {
    return (fields: object, message: string): void => {
      this.lines.push({ level, fields, message });
    };
  }
}

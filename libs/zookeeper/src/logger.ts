type LogFunction = (fields: object, message: string) => void;

/** What this library needs of a logger; pino's has it. */
export interface Logger {
  readonly debug: LogFunction;
  readonly info: LogFunction;
  readonly warn: LogFunction;
  readonly error: LogFunction;
}

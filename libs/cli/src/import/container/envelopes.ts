import { objectOf } from '../json/json-object.js';

/** What one line of a container's log has of a line that the container wrote. */
export interface Enveloped {
  readonly text: Buffer;
  /** Which outlet of the container it came from; their parts are not of one line. */
  readonly stream: string;
  /** Whether the line of the container goes on in the next of this stream. */
  readonly isPart: boolean;
}

/** A way in which runtimes keep the lines that containers write. */
export interface Envelope {
  /** As people know it. */
  readonly title: string;
  /** Undefined for a line that was kept otherwise. */
  open(line: Buffer): Enveloped | undefined;
}

/** Docker cuts longer lines into pieces of this size, the last one with the line's end. */
const DOCKER_PIECE_BYTES = 16 * 1024;
/** What the Container Runtime Interface puts in front; `docker logs -t` and `kubectl logs --timestamps` the time alone. */
const PREFIX =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?:(stdout|stderr) ([FP])(?::\S{1,32})? )?/;
const MAX_PREFIX_BYTES = 96;

/** What syslog and journalctl put in front: of RFC 3164, also with a time of RFC 3339, and of RFC 5424. */
const SYSLOG = (() => {
  const dated = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)/.source;
  const usual = `(?:<\\d{1,3}>)?(?:[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d|${dated}) \\S{1,255} [\\w./-]{1,48}(?:\\[\\d{1,10}\\])?: `;
  const fields = `<\\d{1,3}>1 (?:${dated}|-) \\S{1,255} \\S{1,48} \\S{1,128} \\S{1,32} `;
  return new RegExp(
    `^(?:${usual}|${fields}(?:-|(?:\\[(?:"(?:\\\\.|[^"\\\\])*"|[^"\\]])*\\])+) (?:\\xef\\xbb\\xbf)?)`,
  );
})();
const MAX_SYSLOG_BYTES = 2048;

/** What `docker compose logs` and `kubectl logs --prefix` put in front. */
const NAME = /^(?:[\w.-]+ +\| |\[pod\/[^\]\s]+\] )/;
const MAX_NAME_BYTES = 512;

const dockerJson: Envelope = {
  title: "Docker's json-file log",
  open(line) {
    if (line[0] !== 0x7b || !line.includes('"log"')) return undefined;
    const { log, stream, time } = objectOf(line.toString()) ?? {};
    if (typeof log !== 'string' || typeof stream !== 'string' || typeof time !== 'string')
      return undefined;
    const isWhole = log.endsWith('\n') || Buffer.byteLength(log) < DOCKER_PIECE_BYTES;
    return { text: Buffer.from(log.replace(/\r?\n$/, '')), stream, isPart: !isWhole };
  },
};

const syslog: Envelope = {
  title: 'lines of syslog',
  open(line) {
    const head = SYSLOG.exec(line.toString('latin1', 0, MAX_SYSLOG_BYTES))?.[0];
    if (head === undefined) return undefined;
    return { text: line.subarray(head.length), stream: '', isPart: false };
  },
};

const prefixed: Envelope = {
  title: 'lines of a container with their times in front',
  open(line) {
    const start = line.toString('latin1', 0, MAX_PREFIX_BYTES);
    const [prefix, stream = '', tag] = PREFIX.exec(start) ?? [];
    if (prefix === undefined) return undefined;
    return { text: line.subarray(prefix.length), stream, isPart: tag === 'P' };
  },
};

const named: Envelope = {
  title: 'lines of containers with their names in front',
  open(line) {
    const name = NAME.exec(line.toString('latin1', 0, MAX_NAME_BYTES))?.[0];
    if (name === undefined) return undefined;
    return { text: line.subarray(name.length), stream: name, isPart: false };
  },
};

/** All that are known. */
export const ENVELOPES: readonly Envelope[] = [dockerJson, syslog, prefixed, named];

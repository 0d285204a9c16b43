import type { IncomingMessage } from 'node:http';
import type { AllowedHosts } from './allowed-hosts.js';
import { hostNameIn } from './host-name.js';
import { OTHER_VERSION } from './malformed-bytes.js';
import { nothingHere } from './not-found.controller.js';
import type { Refusal } from './refusal.js';

/** A target with scheme and host, as proxies are sent it: `http://host/path`. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/is;

/** One slash too much, which many write: `/v1/stats/?type=view`. */
const SLASH_AT_END = /^([^?]*[^?/])\/(?=\?|$)/;

/** Looks at the head of each request before the framework sees it. */
export class FrontDoor {
  /** What the last request that was let in named as its host: most of one gateway name the same. */
  private lastAllowed: string | undefined;

  constructor(private readonly hosts: AllowedHosts) {}

  /** Why a request is not let in. One that is has a target that begins with a slash and does not end with one. */
  refusalOf(request: IncomingMessage): Refusal | undefined {
    if (request.httpVersionMajor !== 1) return OTHER_VERSION;
    const authority = authorityOf(request);
    if (typeof authority !== 'string') return authority;
    if (authority !== this.lastAllowed) {
      const host = hostNameIn(authority);
      if (host === undefined) return NO_HOST_NAME;
      if (!this.hosts.allows(host)) return NOT_ALLOWED;
      this.lastAllowed = authority;
    }
    if (!this.mayWrite(request)) return FOREIGN_PAGE;
    return refusalOfCoding(request) ?? refusalOfExpectation(request) ?? refusalOfTarget(request);
  }

  /**
   * A browser lets any page send text/plain to any address, and names the page's origin. One whose host
   * is not of those under which this gateway is asked could count here what it likes, where no key is
   * asked for.
   */
  private mayWrite({ method, headers: { origin } }: IncomingMessage): boolean {
    if (origin === undefined || method === 'GET' || method === 'HEAD') return true;
    const host = URL.canParse(origin) ? new URL(origin).host : 'null';
    return this.hosts.allows(hostNameIn(host) ?? 'null');
  }
}

/** `host[:port]` under which this gateway is asked, empty without one. */
function authorityOf(request: IncomingMessage): string | Refusal {
  const named = hostsNamed(request.rawHeaders);
  if (named > 1) return malformed('expected one header Host, got several');
  if (named === 0 && request.httpVersion === '1.1') return malformed('expected a header Host');
  const { url = '' } = request;
  const [, authority, rest] = (url.startsWith('/') ? null : ABSOLUTE_FORM.exec(url)) ?? [];
  // As HTTP wants it: a host in the target counts, and the header beside it does not.
  if (rest !== undefined) request.url = rest.startsWith('/') ? rest : `/${rest}`;
  return authority ?? request.headers.host ?? '';
}

/** Bodies come as they are, at most in chunks: what was coded otherwise is not undone. */
function refusalOfCoding({ headers, httpVersion }: IncomingMessage): Refusal | undefined {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return undefined;
  if (httpVersion === '1.0')
    return malformed('expected no Transfer-Encoding in HTTP/1.0, which has none');
  if (coding.trim().toLowerCase() === 'chunked') return undefined;
  return {
    status: 501,
    code: 'unsupported_media_type',
    detail: 'expected no Transfer-Encoding other than chunked',
  };
}

function refusalOfExpectation({ headers }: IncomingMessage): Refusal | undefined {
  const { expect } = headers;
  if (expect === undefined || expect.trim().toLowerCase() === '100-continue') return undefined;
  return {
    status: 417,
    code: 'invalid_argument',
    detail: 'expected no Expect other than 100-continue',
  };
}

function refusalOfTarget(request: IncomingMessage): Refusal | undefined {
  const { url = '', method } = request;
  if (url.startsWith('/')) {
    request.url = url.replace(SLASH_AT_END, '$1');
    return undefined;
  }
  if (url === '*' && method === 'OPTIONS') {
    const { message } = nothingHere();
    return { status: 404, code: 'not_found', detail: message };
  }
  return malformed('expected a target that begins with a slash');
}

function hostsNamed(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

function malformed(detail: string): Refusal {
  return { status: 400, code: 'invalid_argument', detail };
}

const NO_HOST_NAME = malformed(
  'expected a host name or address with an optional port, in Host or in the target',
);

const FOREIGN_PAGE: Refusal = {
  status: 403,
  code: 'permission_denied',
  detail:
    'expected a page of localhost: pages of other hosts send to this gateway where it has an API key, or its setting TALLY_ALLOWED_HOSTS names their hosts',
};

const NOT_ALLOWED: Refusal = {
  status: 421,
  code: 'permission_denied',
  detail:
    'expected Host to be localhost or a loopback address: under other names this gateway is asked ' +
    'where its setting TALLY_ALLOWED_HOSTS names them (for example tally.example.org)',
};

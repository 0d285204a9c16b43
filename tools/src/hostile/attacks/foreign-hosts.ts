import type { Attack } from '../attack.js';
import { exchange, shown } from '../exchange.js';
import { Counts, flood } from '../flood.js';
import { eventHeaders, headOf } from '../http-head.js';

const ANSWERED_WITHIN_MS = 3000;
const BODY = '{"id":"hostile-rebinding","type":"view","subject":"hostile"}';
const HOSTS = [
  'evil.example',
  'evil.example:8080',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
];

export const foreignHosts: Attack = {
  name: 'foreign-hosts',
  story:
    'A web page that lets its own name point to this machine (DNS rebinding) sends events and asks: an open gateway takes nothing under a name that is not its own.',
  door: 'gateway',
  async inflict({ target, pick, over }) {
    const counts = new Counts();
    const problems = new Map<string, string>();
    await flood(over, 2, async () => {
      const host = HOSTS[pick(HOSTS.length)] ?? '';
      const headers = {
        ...eventHeaders(target, `content-length: ${BODY.length}`),
        host,
        origin: `http://${host}`,
        connection: 'close',
      };
      const request = headOf(target.gateway, 'POST /v1/events', headers) + BODY;
      const { status, text } = await exchange(target.gateway, request, ANSWERED_WITHIN_MS);
      counts.add(String(status ?? 'no answer'));
      // With a key it is no use to a page: it has none.
      if (target.apiKey === '' && (status ?? 0) < 400)
        problems.set(host, `expected a refusal, got ${shown(text)} for ${shown(request)}`);
    });
    return { evidence: counts.text, problems: [...problems.values()] };
  },
};

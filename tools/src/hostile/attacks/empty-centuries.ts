import type { Attack } from '../attack.js';
import { exchange } from '../exchange.js';
import { Counts, flood } from '../flood.js';
import { fullQuestion, longQuestion } from '../full-question.js';
import { headOf, keyOf } from '../http-head.js';

const AT_ONCE = 12;
const ANSWERED_WITHIN_MS = 10_000;

export const emptyCenturies: Attack = {
  name: 'empty-centuries',
  story:
    'Twelve questions at a time about subjects without any event, day by day over centuries and minute by minute over weeks, all functions, filled.',
  door: 'gateway',
  async inflict({ target, pick, over }) {
    const counts = new Counts();
    await flood(over, AT_ONCE, async () => {
      const path = pick(2) === 0 ? fullQuestion(pick) : longQuestion(pick);
      const headers = { ...keyOf(target), connection: 'close' };
      const request = headOf(target.gateway, `GET ${path}`, headers);
      const { status } = await exchange(target.gateway, request, ANSWERED_WITHIN_MS);
      counts.add(String(status ?? 'no answer'));
    });
    return { evidence: `questions: ${counts.text}`, problems: [] };
  },
};

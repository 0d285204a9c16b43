import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Battle, Endpoint, Outcome } from '../attack.js';
import { openAndReset } from '../open-and-reset.js';

const BURST = 100;
const PAUSE_MS = 20;

/** Opens connections and resets them, some after a few bytes, as fast as they are taken. */
export async function storm(
  at: Endpoint,
  { pick, over }: Battle,
  bytes: readonly Buffer[],
): Promise<Outcome> {
  let resets = 0;
  while (!over.aborted) {
    await Promise.all(
      Array.from({ length: BURST }, () => openAndReset(at, bytes[pick(bytes.length + 1)])),
    );
    resets += BURST;
    await delay(PAUSE_MS);
  }
  return { evidence: `${resets} connections opened and reset`, problems: [] };
}

export const connectionStorm: Attack = {
  name: 'connection-storm',
  story: 'Thousands of connections are opened and reset, some within a request.',
  door: 'gateway',
  inflict: (battle) =>
    storm(battle.target.gateway, battle, [
      Buffer.from('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.from('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n[{'),
      Buffer.from('POST /v1/ev'),
    ]),
};

import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Attack, Outcome, Target } from './attack.js';

/** Of its own making, past the time that it was given: ends what it has begun. */
const ENDS_WITHIN_MS = 15_000;
const PROGRAM = join(import.meta.dirname, 'attack-main.js');

/** What a process of an attack is told. */
export interface Orders {
  readonly attack: string;
  readonly target: Target;
  readonly seed: number;
  readonly forMs: number;
}

/** Runs an attack in a process of its own: its work must not slow down the quiet client. */
export function attackApart(
  { name }: Attack,
  orders: Omit<Orders, 'attack'>,
  over: AbortSignal,
): Promise<Outcome> {
  const child = fork(PROGRAM, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve) => {
    let outcome: Outcome = { evidence: 'nothing', problems: ['the attack itself failed'] };
    const kill = () => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      outcome = { evidence: 'nothing', problems: ['the attack itself did not end'] };
      kill();
    }, orders.forMs + ENDS_WITHIN_MS);
    over.addEventListener('abort', kill);
    child.on('message', (message) => (outcome = message as Outcome));
    child.once('close', () => {
      clearTimeout(timer);
      over.removeEventListener('abort', kill);
      resolve(outcome);
    });
    const told: Orders = { ...orders, attack: name };
    child.send(told);
  });
}

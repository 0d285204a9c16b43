import type { Attack } from '../attack.js';
import { FIRST_REQUEST, logOf } from '../kafka-attackers.js';
import { storm } from './connection-storm.js';

export const kafkaStorm: Attack = {
  name: 'kafka-storm',
  story: 'Thousands of connections to the log are opened and reset, some within a frame.',
  door: 'log',
  inflict: (battle) =>
    storm(logOf(battle.target), battle, [FIRST_REQUEST, FIRST_REQUEST.subarray(0, 9)]),
};

import type { Attack } from '../attack.js';
import { announcedBodies } from './announced-bodies.js';
import { silentConnections } from './silent-connections.js';
import { trickledBodies } from './trickled-bodies.js';

/** Another attack is a file of its own and a word here. */
export const ATTACKS: readonly Attack[] = [announcedBodies, trickledBodies, silentConnections];

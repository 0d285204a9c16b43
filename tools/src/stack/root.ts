import { join } from 'node:path';

/** The clone that this runs from: the same place seen from the sources and from what is built. */
export const ROOT = join(import.meta.dirname, '../../..');

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** How many descriptors this process may have; infinitely many where the system does not say. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** At least so many descriptors are in use: the system always gives the lowest number that is free. */
export function descriptorsInUse(newest: Socket): number {
  const handle: unknown = Reflect.get(newest, '_handle');
  const number: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof number === 'number' ? number + 1 : 0;
}

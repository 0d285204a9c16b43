import type { EventTypeDefinition } from '@tally/contracts';
import { administer } from '../rig/admin-api.js';

/** What is said of a type: ages in seconds. */
export type Definition = Partial<Omit<EventTypeDefinition, 'maxAgeMs'>> & {
  readonly maxAgeSeconds?: number;
};

/** Defines a type; returns the version of the event types that has it. */
export async function defineType(
  gateway: string,
  type: string,
  definition: Definition,
): Promise<number> {
  return (await administer<Versioned>(gateway, pathOf(type), 'PUT', definition)).version;
}

/** The version of the event types that has the definition in force. */
export async function versionOf(gateway: string, type: string): Promise<number> {
  return (await administer<Versioned>(gateway, pathOf(type))).version;
}

interface Versioned {
  readonly version: number;
}

function pathOf(type: string): string {
  return `/v1/event-types/${type}`;
}

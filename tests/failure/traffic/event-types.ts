import type { EventTypeDefinition } from '@tally/contracts';

/** What a stack is started with so that event types can be defined. */
export const ADMIN_ENV = { TALLY_ADMIN_KEY: 'chaos' };

/** Defines a type; returns the version of the event types that has it. */
export async function defineType(
  gateway: string,
  type: string,
  definition: Partial<EventTypeDefinition>,
): Promise<number> {
  const response = await fetch(urlOf(gateway, type), {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${ADMIN_ENV.TALLY_ADMIN_KEY}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(definition),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`no event type could be defined: ${text}`);
  return (JSON.parse(text) as { readonly version: number }).version;
}

/** The version of the event types that has the definition in force. */
export async function versionOf(gateway: string, type: string): Promise<number> {
  const response = await fetch(urlOf(gateway, type));
  return ((await response.json()) as { readonly version: number }).version;
}

function urlOf(gateway: string, type: string): string {
  return `${gateway}/v1/event-types/${type}`;
}

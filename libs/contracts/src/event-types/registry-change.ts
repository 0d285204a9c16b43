import { z } from 'zod';
import { parseDocument } from '../documents/read-document.js';
import { isProjectName } from '../events/event-rules.js';
import { EVENT_TYPE_SCHEMA, type EventTypeDefinition } from './event-type-definition.js';
import { isEventTypeName } from './event-type-name.js';

/** Path of the node below which each version of the registry has its own. */
export const EVENT_TYPES_NODE = '/event-types/versions';

const PROJECT = 'expected the name of a project';
const TYPE = 'expected the name of an event type';

const REGISTRY_CHANGE = z.object(
  {
    project: z.string(PROJECT).refine(isProjectName, PROJECT),
    type: z.string(TYPE).refine(isEventTypeName, TYPE),
    definition: EVENT_TYPE_SCHEMA,
  },
  'expected a change of the registry',
);

/** One version of the registry: version n defines one type anew, the others stay as they were. */
export interface RegistryChange {
  readonly project: string;
  readonly type: string;
  readonly definition: EventTypeDefinition;
}

/** A change as it was stored. RangeError that says what is wrong. */
export function parseRegistryChange(value: unknown): RegistryChange {
  return parseDocument(REGISTRY_CHANGE, value);
}

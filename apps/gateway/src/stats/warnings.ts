import type { EventTypeDefinition, StatsAnswer } from '@tally/contracts';
import { nearestName } from '../http/nearest-name.js';
import type { StatsQuestion } from './stats-question.js';

/** The event types that somebody defined. */
export interface DefinedTypes {
  /** All definitions of a type, ascending by version. TallyError `unavailable` until they were read. */
  versions(type: string): readonly EventTypeDefinition[];
  isDefined(type: string): boolean;
  names(): readonly string[];
}

/** So many names are compared with one that is not defined: it costs time. */
const MAX_COMPARED = 200;

/** What whoever asked may not have meant, for people. */
export function warningsOf(
  { type }: StatsQuestion,
  { subjects, partlyDeclaredWindows = 0 }: Omit<StatsAnswer, 'missingShards'>,
  definedTypes: Pick<DefinedTypes, 'isDefined' | 'names'>,
): readonly string[] {
  if (partlyDeclaredWindows > 0)
    return [
      `null in ${partlyDeclaredWindows} points: the type ${type} had not declared for all of their events what is asked, and a part would be taken for the whole`,
    ];
  // A type need not be defined to be counted: of one with events nothing is odd.
  if (subjects.some(({ windows, missing }) => missing || windows.length > 0)) return [];
  if (definedTypes.isDefined(type)) return [];
  const nearest = nearestName(type, definedTypes.names().slice(0, MAX_COMPARED));
  const hint =
    nearest === undefined ? 'is it spelled as it is sent?' : `is it ${nearest}, which is defined?`;
  return [`no event of type ${type} is in this answer and nobody has defined that type: ${hint}`];
}

import { checkAddresses } from './addresses.js';
import { checkArrows } from './arrows.js';
import { checkCalls, type CallsOfApps } from './calls.js';
import { checkContainers } from './containers.js';
import type { Objects } from './objects.js';
import { checkPodSecurity } from './pod-security.js';
import { checkReferences } from './references.js';
import { checkSchema } from './schema.js';
import { checkSelectors } from './selectors.js';
import { checkSettings, type SettingsOfApps } from './settings.js';

/** All that is wrong with the objects of one rendered overlay, one sentence each; empty: nothing. */
export function check(
  objects: readonly unknown[],
  apps: SettingsOfApps,
  calls: CallsOfApps,
): readonly string[] {
  const misshapen = checkSchema(objects);
  // The other checks rely on the shape.
  if (misshapen.length > 0) return misshapen;
  const typed = objects as Objects;
  return [
    ...checkReferences(typed),
    ...checkSelectors(typed),
    ...checkArrows(typed),
    ...checkAddresses(typed),
    ...checkCalls(typed, calls),
    ...checkPodSecurity(typed),
    ...checkContainers(typed),
    ...checkSettings(typed, apps),
  ];
}

import { existsSync, readFileSync } from 'node:fs';
import type { Addresses } from '../stack/index.js';

/** The settings that a stack gives its tools, from its file of addresses; none where it is open or does not run. */
export function toolSettingsIn(file: string): Readonly<Record<string, string>> {
  if (!existsSync(file)) return {};
  const { tools = {} } = JSON.parse(readFileSync(file, 'utf8')) as Pick<Addresses, 'tools'>;
  return tools;
}

// Renders every overlay and checks it strictly; needs no cluster. Started by tools/manifests.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GRPC_CALLERS } from '@tally/service-kit';
import { APPS } from '../stack/topology.js';
import { checkCallers, readCalls } from './calls.js';
import { check } from './check.js';
import type { Objects } from './objects.js';
import { render } from './render.js';
import { checkRoom } from './room.js';
import type { AppSetting } from './settings.js';

const root = join(import.meta.dirname, '../../..');
const overlays = join(root, 'k8s/overlays');

const apps = new Map<string, readonly AppSetting[]>();
for (const app of APPS) {
  const { settings } = (await import(join(root, 'apps', app, 'dist/config.js'))) as {
    readonly settings: Readonly<Record<string, AppSetting>>;
  };
  apps.set(app, Object.values(settings));
}

const calls = readCalls(root, APPS);
for (const problem of checkCallers(GRPC_CALLERS, calls)) {
  console.error(problem);
  process.exitCode = 1;
}

for (const overlay of readdirSync(overlays)) {
  const objects = render(join(overlays, overlay));
  const problems = [...check(objects, apps, calls)];
  // The others are for clusters of any size.
  if (overlay === 'dev') problems.push(...checkRoom(objects as Objects));
  for (const problem of problems) console.error(`k8s/overlays/${overlay}: ${problem}`);
  console.log(`k8s/overlays/${overlay}: ${objects.length} objects, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}

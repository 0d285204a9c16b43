// Renders every overlay and checks it strictly; needs no cluster. Started by tools/manifests.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRPC_CALLERS } from '@tally/service-kit';
import { APPS } from '../stack/topology.js';
import { checkCallers, readCalls } from './calls.js';
import { check } from './check.js';
import type { Objects } from './objects.js';
import { render } from './render.js';
import { checkRoom } from './room.js';
import type { AppSetting } from './settings.js';
import { copyWithSecrets } from './with-secrets.js';

const root = join(import.meta.dirname, '../../..');
const manifests = mkdtempSync(join(tmpdir(), 'tally-manifests-'));
process.once('exit', () => rmSync(manifests, { recursive: true, force: true }));
await copyWithSecrets(join(root, 'k8s'), manifests);
const overlays = join(manifests, 'overlays');

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

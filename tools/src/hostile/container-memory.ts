import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/index.js';

/** Most memory of the container of a service in Kubernetes, in bytes; undefined of what is no service. */
export function containerMemory(process: string): number | undefined {
  const app = process.replace(/-\d+$/, '');
  const file = join(ROOT, 'k8s/base', app, `${app}.yaml`);
  if (!existsSync(file)) return undefined;
  const mib = /limits: \{ memory: (\d+)Mi \}/.exec(readFileSync(file, 'utf8'))?.[1];
  return mib === undefined ? undefined : Number(mib) * (1 << 20);
}

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { writeClusterSecrets } from '../stack/secrets/cluster-secrets.js';

/** Copies the manifests with secrets of their own, so that the overlay `secure` renders: none are in the repository. */
export async function copyWithSecrets(manifests: string, copy: string): Promise<void> {
  const own = join(manifests, 'overlays/secure/secrets');
  cpSync(manifests, copy, { recursive: true, filter: (path) => path !== own });
  await writeClusterSecrets(join(copy, 'overlays/secure/secrets'));
}

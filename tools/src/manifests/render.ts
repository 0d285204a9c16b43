import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

/**
 * The objects of a kustomization, as `kubectl apply -k` would send them; nothing is known of their
 * shape yet. Throws when kubectl is missing or refuses.
 */
export function render(folder: string): readonly unknown[] {
  const { error, status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (error !== undefined)
    throw new Error('kubectl is missing (Debian package kubernetes-client)', { cause: error });
  if (status !== 0) throw new Error(`kubectl kustomize ${folder} failed: ${stderr.trim()}`);
  return parseAllDocuments(stdout).map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return document.toJS() as unknown;
  });
}

// Makes what the overlay secure makes Secrets of. Started by tools/cluster-secrets.
import { writeClusterSecrets } from './cluster-secrets.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder');
await writeClusterSecrets(folder);
console.log(`${folder} holds what k8s/overlays/secure makes Secrets of; keep its folder kept`);

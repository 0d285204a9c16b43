import { readFile, stat } from 'node:fs/promises';
import { SECOND_MS } from '@tally/contracts';
import type { Logger } from '@tally/service-kit';
import { parseAclRules, type AclRule, type AclRules, type Rights } from './acl-rules.js';

/** A right that was taken away is gone within this; a look costs one stat. */
const LOOK_MS = SECOND_MS;

/** The rules in a file, which may be replaced while the log runs. */
export class AclFile {
  private version = '';

  private constructor(
    readonly path: string,
    private readonly logger: Logger,
    private rules: AclRules,
  ) {}

  /** Throws where the file cannot be read, or is none of rules. */
  static async open(path: string, logger: Logger): Promise<AclFile> {
    const version = await versionOf(path);
    const file = new AclFile(path, logger, parseAclRules(await readFile(path, 'utf8')));
    file.version = version;
    return file;
  }

  /** As they stand in the file. */
  get rights(): readonly AclRule[] {
    return this.rules.rules;
  }

  rightsOf(user: string): Rights {
    return this.rules.of(user);
  }

  /** Looks at it now and then. Returns how to stop that. */
  keepUpToDate(): () => void {
    const timer = setInterval(() => void this.refresh(), LOOK_MS);
    return () => clearInterval(timer);
  }

  /** A file that is broken changes nothing, and is told of once. */
  async refresh(): Promise<void> {
    let version = 'gone';
    try {
      version = await versionOf(this.path);
      if (version === this.version) return;
      this.rules = parseAclRules(await readFile(this.path, 'utf8'));
      this.logger.info({ file: this.path }, 'other rights hold from now on');
    } catch (error) {
      if (version === this.version) return;
      this.logger.error({ error, file: this.path }, 'the file of rights cannot be used');
    }
    this.version = version;
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}

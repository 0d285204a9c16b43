import { hostNameIn, isLoopbackName } from './host-name.js';

/**
 * The names under which a gateway may be asked. A web page whose name is given the address of this
 * machine (DNS rebinding) is of one origin with a gateway here, for a browser: it could read and
 * write. Its requests still carry its own name.
 */
export class AllowedHosts {
  /**
   * A gateway without an API key is asked under loopback names, and those that are named. With a key,
   * which no such page has, it is asked under any name, unless some are named.
   *
   * @param config `allowedHosts`: names, comma-separated; `*.example.org` is all below a name, `*` all.
   */
  static of(config: { readonly apiKey: string; readonly allowedHosts: string }): AllowedHosts {
    const names = config.allowedHosts.split(',').filter((name) => name !== '');
    return new AllowedHosts(config.apiKey !== '' && names.length === 0 ? ['*'] : names);
  }

  private readonly allowsAll: boolean;
  private readonly exact = new Set<string>();
  /** With the dot before them. */
  private readonly endings: string[] = [];

  constructor(names: readonly string[]) {
    this.allowsAll = names.includes('*');
    for (const name of names) {
      if (name.startsWith('*.')) this.endings.push(name.slice(1).toLowerCase());
      else this.exact.add(hostNameIn(name) ?? name);
    }
  }

  /** @param host As `hostNameIn` gives it; empty where a request names none. */
  allows(host: string): boolean {
    return (
      this.allowsAll ||
      isLoopbackName(host) ||
      this.exact.has(host) ||
      this.endings.some((ending) => host.endsWith(ending) && host.length > ending.length)
    );
  }
}

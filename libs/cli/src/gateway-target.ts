import { existsSync, readFileSync } from 'node:fs';
import { quoted } from '@tally/client';

/** The gateway that a command is for. */
export interface GatewayTarget {
  /** Base URL, without a slash at its end. */
  readonly url: string;
  /** The same gateway has the same name in the next run. */
  readonly name: string;
}

/** What a command says when nothing names a gateway. */
export const NO_GATEWAY = 'no Tally runs here (tools/up starts it), and there is no --gateway URL';

/**
 * The gateway that --gateway names, else TALLY_GATEWAY, else the file in which tools/up wrote where things
 * are. A sentence when it is no URL; undefined when nothing says where Tally is.
 */
export function gatewayTarget(
  given: string | undefined,
  env: NodeJS.ProcessEnv,
  addressFile: string,
): GatewayTarget | string | undefined {
  const named = given ?? (env['TALLY_GATEWAY'] || undefined);
  if (named !== undefined) {
    if (!URL.canParse(named) || !/^https?:$/.test(new URL(named).protocol))
      return `--gateway: expected a URL like http://127.0.0.1:8080, got ${quoted(named)}`;
    const url = new URL(named).href.replace(/\/+$/, '');
    return { url, name: url };
  }
  const known = addressesIn(addressFile);
  // A Tally that is started anew may get another port, and has its data all the same.
  return known && { url: known.gateway, name: 'the Tally of this clone' };
}

/** Where the parts of the Tally are that tools/up started. */
export interface KnownAddresses {
  readonly gateway: string;
  readonly zookeeper: string;
  /** Brokers, host:port, comma-separated. */
  readonly kafka: string;
  /** Base URL of each service's admin port. */
  readonly admin: Readonly<Record<string, string>>;
}

/** What tools/up wrote into that file; undefined while no Tally of this clone runs. */
export function addressesIn(file: string): KnownAddresses | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as KnownAddresses;
}

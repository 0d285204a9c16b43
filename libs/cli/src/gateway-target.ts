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
  if (!existsSync(addressFile)) return undefined;
  const { gateway } = JSON.parse(readFileSync(addressFile, 'utf8')) as { readonly gateway: string };
  // A Tally that is started anew may get another port, and has its data all the same.
  return { url: gateway, name: 'the Tally of this clone' };
}

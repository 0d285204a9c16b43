/** `host[:port]` of a URL or a header Host; an address of IPv6 stands in brackets, and has no zone here. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/**
 * The host of `host[:port]` as it is compared: in lower case, without the dot that ends a complete
 * name, an address of IPv6 in its shortest form. Empty where it names none, undefined where it is
 * malformed.
 */
export function hostNameIn(authority: string): string | undefined {
  const [, host] = AUTHORITY.exec(authority) ?? [];
  if (host === undefined) return undefined;
  if (!host.startsWith('[')) return host.toLowerCase().replace(/\.$/, '');
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/** Whether it is of this machine in every network: no name service can give it to another one. */
export function isLoopbackName(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host)
  );
}

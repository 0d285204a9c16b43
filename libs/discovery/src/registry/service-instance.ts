import { z } from 'zod';

const port = z.int().min(1).max(65_535);

const schema = z.object({
  id: z.string().min(1),
  service: z.string().min(1),
  host: z.string().min(1),
  grpcPort: port.optional(),
  adminPort: port,
  startedAt: z.iso.datetime({ offset: true }),
  version: z.string(),
  attributes: z.record(z.string(), z.string()),
});

/** One running process of a service, as registered in `/services/<service>/<id>`. */
export interface ServiceInstance {
  /** Unique within the service; the name of its node. */
  readonly id: string;
  readonly service: string;
  readonly host: string;
  /** Absent for services without gRPC. */
  readonly grpcPort?: number | undefined;
  readonly adminPort: number;
  /** RFC 3339. The later of two processes with the same id has the registration. */
  readonly startedAt: string;
  /** Of the software. */
  readonly version: string;
  /** What callers select by, e.g. `shard`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The data of an instance's node, JSON. Throws when it could not be read back. */
export function encodeInstance(instance: ServiceInstance): Buffer {
  return Buffer.from(JSON.stringify(schema.parse(instance)));
}

/** The instance, or in words why the node holds none; unknown members are ignored. */
export function decodeInstance(data: Buffer):
  | { readonly kind: 'instance'; readonly instance: ServiceInstance }
  | {
      readonly kind: 'unreadable';
      readonly reason: string;
    } {
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch (error) {
    return { kind: 'unreadable', reason: `not JSON: ${String(error)}` };
  }
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { kind: 'instance', instance: parsed.data }
    : { kind: 'unreadable', reason: z.prettifyError(parsed.error) };
}

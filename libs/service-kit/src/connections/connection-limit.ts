import type { Server, Socket } from 'node:net';
import type { Counter } from 'prom-client';
import { descriptorLimit, descriptorsInUse } from './descriptors.js';

/** For files, calls of other services and the admin port. */
const SPARE_DESCRIPTORS = 64;

/** How many connections there may be: each costs a descriptor and some memory. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /**
   * Descriptors that connections leave to the rest of the process; default 64. Without any left the
   * system closes connections unseen, and everything else fails.
   */
  readonly spareDescriptors?: number;
}

/** The connections of a server: so many at most, and so many from one address. What comes then is closed at once. */
export class ConnectionLimit {
  private readonly sockets = new Set<Socket>();
  private readonly byAddress = new Map<string, number>();

  /** `refused` counts what is closed, by `reason`: too many of `all`, of one `address`, or of `descriptors`. */
  constructor(
    private readonly limits: ConnectionLimits,
    readonly refused: Counter<'reason'>,
    /** That the process may have. */
    private readonly maxDescriptors = descriptorLimit(),
  ) {}

  /** Those that are open. */
  get open(): ReadonlySet<Socket> {
    return this.sockets;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.admit(socket));
  }

  private admit(socket: Socket): void {
    // Without one it is gone already.
    const address = socket.remoteAddress ?? '';
    const ofAddress = this.byAddress.get(address) ?? 0;
    const reason = this.reasonAgainst(socket, ofAddress);
    if (reason !== undefined) {
      this.refused.inc({ reason });
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    this.byAddress.set(address, ofAddress + 1);
    socket.once('close', () => {
      this.sockets.delete(socket);
      const left = (this.byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.byAddress.delete(address);
      else this.byAddress.set(address, left);
    });
  }

  private reasonAgainst(socket: Socket, ofAddress: number): string | undefined {
    const { maxConnections, maxConnectionsPerAddress, spareDescriptors } = this.limits;
    if (this.sockets.size >= maxConnections) return 'all';
    if (ofAddress >= maxConnectionsPerAddress) return 'address';
    const spare = spareDescriptors ?? SPARE_DESCRIPTORS;
    return descriptorsInUse(socket) > this.maxDescriptors - spare ? 'descriptors' : undefined;
  }
}

import type { Server, Socket } from 'node:net';
import type { Counter } from 'prom-client';

/** How many connections there may be: each costs a descriptor and some memory. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** The connections of a server: so many at most, and so many from one address. What comes then is closed at once. */
export class ConnectionLimit {
  private readonly sockets = new Set<Socket>();
  private readonly byAddress = new Map<string, number>();

  /** `refused` counts what is closed, by `reason`: too many of `all`, or of one `address`. */
  constructor(
    private readonly limits: ConnectionLimits,
    readonly refused: Counter<'reason'>,
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
    const reason = this.reasonAgainst(ofAddress);
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

  private reasonAgainst(ofAddress: number): string | undefined {
    if (this.sockets.size >= this.limits.maxConnections) return 'all';
    return ofAddress >= this.limits.maxConnectionsPerAddress ? 'address' : undefined;
  }
}

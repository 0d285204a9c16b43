import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, type Registry } from 'prom-client';
import { ConnectionLimit, type ConnectionLimits } from '../connections/connection-limit.js';
import type { HealthChecks } from '../health/health-checks.js';

/** Probes and Prometheus have a few; whoever takes all of one address leaves as many to the others. */
const LIMITS: ConnectionLimits = {
  maxConnections: 256,
  maxConnectionsPerAddress: 128,
  // It is asked when others have none left.
  spareDescriptors: 16,
};
/** Probes come from few places and send no bodies; a slow one must not hold a socket. */
const REQUEST_TIMEOUT_MS = 5000;
/** Nothing comes and nothing is taken: longer than any request, and than what Prometheus waits between two. */
const SILENT_TIMEOUT_MS = 30_000;
/** How often slow callers are looked for: Node's own 30 s would let them stay six times as long. */
const TIMEOUT_CHECK_MS = 1000;

/** Where it listens, and what it shows. */
export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  readonly health: HealthChecks;
  readonly registry: Registry;
}

/**
 * For operators and probes, on a port that is never public:
 * `/health/live` 200 while the process runs its event loop,
 * `/health/ready` 200 when it serves, else 503, with the checks as JSON,
 * `/metrics` in Prometheus' text format.
 */
export class AdminServer {
  private constructor(private readonly server: Server) {}

  static async listen({ host, port, health, registry }: AdminServerOptions): Promise<AdminServer> {
    const limits = {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    };
    const server = createServer(limits, (request, response) => {
      const path = (request.url ?? '/').replace(/\?.*/, '');
      if (request.method !== 'GET') return send(response, 405, 'text/plain', 'only GET\n');
      switch (path) {
        case '/health/live':
          return send(response, 200, 'application/json', '{"status":"live"}\n');
        case '/health/ready':
          return send(
            response,
            health.serving ? 200 : 503,
            'application/json',
            `${JSON.stringify(health.report)}\n`,
          );
        case '/metrics':
          return void registry.metrics().then(
            (text) => send(response, 200, registry.contentType, text),
            (error: unknown) => send(response, 500, 'text/plain', `${String(error)}\n`),
          );
        default:
          return send(response, 404, 'text/plain', 'try /health/live, /health/ready or /metrics\n');
      }
    });
    const refused = new Counter({
      name: 'tally_admin_refused_connections_total',
      help: 'Connections to the admin port closed because there were too many, of all or of their address, or too few descriptors are left (descriptors).',
      labelNames: ['reason'],
      registers: [registry],
    });
    new ConnectionLimit(LIMITS, refused).watch(server);
    // Answers nobody reads, too: a request timeout sees only what is sent.
    server.setTimeout(SILENT_TIMEOUT_MS);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return new AdminServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { TallyError } from '@tally/contracts';
import { Counter } from 'prom-client';
import { toGrpcError } from '../errors/grpc-errors.js';
import type { ServiceKit } from '../service/kit.module.js';
import { GRPC_CALLERS, WRITERS } from './callers.js';

/** Who has a certificate may know whether a service is well. */
const HEALTH = '/grpc.health.v1.Health/';
/** Of one app, so that who tries again and again does not fill a disk. */
const LINE_EVERY_MS = 1000;
const APPS = new Set(Object.entries(GRPC_CALLERS).flatMap(([app, callers]) => [app, ...callers]));

/**
 * Refuses calls of those whose certificate names no app that may call `service`: permission_denied,
 * before anything of the call is read.
 */
export function onlyCallers(
  service: string,
  { logger, metrics }: Pick<ServiceKit, 'logger' | 'metrics'>,
): ServerInterceptor {
  const all = GRPC_CALLERS[service] ?? [];
  const logged = new Map<string, number>();
  const refused = new Counter({
    name: 'tally_grpc_refused_callers_total',
    help: 'Calls of apps that may not call this one, by the first app that the certificate of the caller names.',
    labelNames: ['app'],
    registers: [metrics.registry],
  });
  return ({ path }, call) => {
    if (path.startsWith(HEALTH)) return new ServerInterceptingCall(call);
    const names = namesIn(call.getAuthContext().sslPeerCertificate?.subjectaltname);
    const allowed = all.filter((app) => WRITERS[path]?.includes(app) ?? true);
    if (names.some((name) => allowed.includes(name))) return new ServerInterceptingCall(call);
    // What a certificate says is as long as its owner likes.
    const app = names.find((name) => APPS.has(name)) ?? 'other';
    refused.inc({ app });
    const now = performance.now();
    if (now - (logged.get(app) ?? -Infinity) >= LINE_EVERY_MS) {
      logged.set(app, now);
      logger.warn({ app, path, peer: call.getPeer() }, 'a call of who may not call was refused');
    }
    const error = new TallyError(
      'permission_denied',
      `${path} of ${service} takes calls of ${allowed.join(', ')}; the certificate names ${app}`,
    );
    return new ServerInterceptingCall(call, {
      start: (next) => {
        // Nothing of it goes to the handler.
        next({
          onReceiveMetadata: () => call.sendStatus(toGrpcError(error)),
          onReceiveMessage: () => undefined,
          onReceiveHalfClose: () => undefined,
        });
      },
    });
  };
}

/** DNS names in Node's text of them, where a name with strange characters is quoted and is none of ours. */
function namesIn(text = ''): string[] {
  return text
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice('DNS:'.length)] : []));
}

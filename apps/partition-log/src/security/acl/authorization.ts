import type { ApiName } from '@tally/kafka-wire';
import type { Logger } from '@tally/service-kit';
import { AddressLimit } from '../../server/address-limit.js';
import type { Caller, RequestGuard } from '../../server/request-router.js';
import { ACCESS } from './access-table.js';
import type { Rights } from './acl-rules.js';
import { Check, type Refusal } from './check.js';

/** Lines about what one user may not do: a client asks again and again. */
const MAX_LINES_PER_MINUTE = 20;

type AnyGuard = (
  request: unknown,
  check: Check,
  ask: (request: unknown) => Promise<unknown>,
) => Promise<unknown>;

/** Stands before every handler, and lets pass what the rights of the user allow. */
export class Authorization implements RequestGuard {
  private readonly logged = new AddressLimit(MAX_LINES_PER_MINUTE, () => performance.now());

  constructor(
    private readonly rightsOf: (user: string) => Rights,
    private readonly logger: Logger,
    private readonly onRefused: (api: ApiName) => void,
  ) {}

  ask(
    api: ApiName,
    request: unknown,
    caller: Caller,
    ask: (request: unknown) => Promise<unknown>,
  ): Promise<unknown> {
    const user = caller.authentication.user ?? '';
    const told = (refusal: Refusal) => this.refused(api, user, refusal);
    // By its name a request is what the entry takes.
    const guard = ACCESS[api] as AnyGuard;
    return guard(request, new Check(this.rightsOf(user), told), ask);
  }

  private refused(api: ApiName, user: string, { operation, type, name }: Refusal): void {
    this.onRefused(api);
    if (this.logged.isReached(user)) return;
    this.logged.add(user);
    const what = { user: user.slice(0, 100), api, operation, type, name: name.slice(0, 249) };
    this.logger.warn(what, 'a user may not do what it asked for');
  }
}

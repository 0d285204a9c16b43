import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClosedStack } from '../stack/secrets/closed-stack.js';
import { Secrets } from '../stack/secrets/secrets.js';
import { APPS } from '../stack/topology.js';
import { readCalls } from './calls.js';
import { check } from './check.js';
import { environmentOf } from './environment.js';
import { appOf, find, workloads, type Objects } from './objects.js';
import { render } from './render.js';
import type { AppSetting } from './settings.js';
import { copyWithSecrets } from './with-secrets.js';

const ROOT = join(import.meta.dirname, '../../..');
const MOUNT = '/etc/tally/';
/** A file that a setting names, also within a URL. */
const FILE = /\/etc\/tally\/([a-z-]+)/g;
/** What closes a service; the keys of the API have their own Secret. */
const CLOSING =
  /^(?:TALLY_TLS_|TALLY_ZOOKEEPER_AUTH_|KAFKA_SASL_|TALLY_KAFKA_|TALLY_SHARD_(?:MIGRATION_)?URL$)/;

const dir = mkdtempSync(join(tmpdir(), 'tally-secure-'));
let objects: Objects;
beforeAll(async () => {
  await copyWithSecrets(join(ROOT, 'k8s'), join(dir, 'k8s'));
  objects = render(join(dir, 'k8s/overlays/secure')) as Objects;
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true }));

/** Each pod of ours with its container, by the app. */
const ours = () =>
  workloads(objects).flatMap(({ title, template, containers }) =>
    containers.flatMap((container) => {
      const app = appOf(container);
      return app === undefined ? [] : [{ title, template, container, app }];
    }),
  );

describe('the overlay secure', () => {
  it('has no problem', async () => {
    const apps = new Map<string, readonly AppSetting[]>();
    for (const app of APPS) {
      const { settings } = (await import(join(ROOT, 'apps', app, 'src/config.ts'))) as {
        readonly settings: Readonly<Record<string, AppSetting>>;
      };
      apps.set(app, Object.values(settings));
    }
    expect(check(objects, apps, readCalls(ROOT, APPS))).toEqual([]);
  }, 60_000);

  it('sets what tools/up --secure sets, for each service', async () => {
    const stack = new ClosedStack(new Secrets(join(dir, 'stack')));
    for (const { app, title, container } of ours()) {
      const url = 'postgres://tally:x@127.0.0.1:5432/tally';
      const there = Object.keys(await stack.environmentOf(app, url));
      const here = [...environmentOf(objects, container).values.keys()];
      const closing = (names: readonly string[]) =>
        names.filter((name) => CLOSING.test(name) && !name.endsWith('ADVERTISED_HOST')).toSorted();
      expect([title, closing(here)]).toEqual([title, closing(there)]);
    }
  });

  it('has each file that a setting names in a Secret that the pod alone mounts', () => {
    for (const { app, title, template, container } of ours()) {
      const [volume] = template.spec?.volumes?.filter(({ secret }) => secret !== undefined) ?? [];
      const name = volume?.secret?.secretName ?? '';
      expect([title, name]).toEqual([title, expect.stringMatching(`^secure-${app}-[a-z0-9]{10}$`)]);
      const values = [...environmentOf(objects, container).values.values()].join(' ');
      const files = new Set([...values.matchAll(FILE)].map(([, file]) => file));
      const held = find(objects, 'Secret', name)?.data ?? {};
      expect([title, [...files].toSorted()]).toEqual([title, Object.keys(held).toSorted()]);
      expect(container.volumeMounts?.filter((one) => one.name === volume?.name)).toEqual([
        expect.objectContaining({ mountPath: '/etc/tally', readOnly: true }),
      ]);
    }
  });

  it('leaves what other pods do not need out of their Secrets', () => {
    const heldBy = (file: string) =>
      ours()
        .filter(({ app }) =>
          objects.some(
            (one) =>
              one.kind === 'Secret' &&
              one.metadata?.name?.startsWith(`secure-${app}-`) === true &&
              file in (one.data ?? {}),
          ),
        )
        .map(({ app }) => app)
        .toSorted();
    expect(heldBy('log-users')).toEqual(['partition-log']);
    expect(heldBy('log-password')).toEqual(['dead-letter-replayer', 'partitioner', 'processor']);
  });

  it('starts Redis with a password that is in no manifest', () => {
    const redis = workloads(objects).find(({ title }) => title === 'StatefulSet/redis');
    expect(redis?.containers[0]?.args?.slice(0, 2)).toEqual(['redis-server', `${MOUNT}redis-conf`]);
    const [volume] = redis?.template.spec?.volumes ?? [];
    const held = find(objects, 'Secret', volume?.secret?.secretName)?.data?.['redis-conf'] ?? '';
    expect(Buffer.from(held, 'base64').toString()).toMatch(/^requirepass [\w-]{32}\n$/);
  });
});

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  ServerProcess,
  startPostgres,
  startRedis,
  startZooKeeper,
  type StartOptions,
} from '@tally/testing';
import type { Addresses, GivenServers } from './addresses.js';
import { Ports } from './ports.js';
import { StartedProcesses } from './started-processes.js';
import { ROOT } from './root.js';
import { ClosedStack } from './secrets/closed-stack.js';
import { Secrets } from './secrets/secrets.js';
import { Supervisor } from './supervisor.js';
import {
  planServices,
  type AppName,
  type Infrastructure,
  type Instances,
  type Plan,
  type ServicePlan,
} from './topology.js';

/** What runs, and where its data lies. */
export interface StackOptions {
  /** Data, logs and the list of processes. */
  readonly dir: string;
  /** `usual`: the documented ports, or the next free ones; `any`: a private stack. */
  readonly ports: 'usual' | 'any';
  readonly shards?: number;
  readonly given?: GivenServers;
  /** Everything asks who comes in, by secrets in this folder, made when they are missing; not with `given`. */
  readonly secretsDir?: string | undefined;
  readonly report: (line: string) => void;
  /** Told of the stack before it is up, so that it can be stopped while it starts. */
  readonly onStarting?: (stack: Stack) => void;
  /** Whether services that do not answer any more are killed, to be started again. */
  readonly endsSilent?: boolean;
  /** Settings for every service, e.g. for tracing. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: one of each app. There are as many shard-proxies as shards in any case. */
  readonly instances?: Instances;
  /** Folders that run instead of the bundles of these apps. */
  readonly bundles?: Partial<Readonly<Record<AppName, string>>>;
  /** More options of Node for a service. */
  readonly nodeArgs?: (name: string) => readonly string[];
  /** Where services reach the Postgres of a shard, when something is to stand in between. */
  readonly detour?: (shard: number, url: string) => Promise<string>;
}

/** What is stopped one after the other: services, the log that they write to, servers of all. */
const STOP_ORDER = [/^partition-log$/, /^(zookeeper|redis|postgres-\d+)$/];
/** Below `dir`, made and kept by the servers that a stack starts itself. */
const OWN_DATA = /^(zookeeper|redis|postgres-\d+|partition-log)$/;

/** All services are asked at once, while they need the machine to start. */
const READY_INTERVAL_MS = 100;

/** As the liveness probes of Kubernetes. */
const LIVENESS_TIMEOUT_MS = 5000;
const LIVENESS = { everyMs: 10_000, maxFailures: 6 };

/** All of Tally on this machine: its servers and one process per app, each kept running. */
export class Stack {
  private readonly supervisors = new Map<string, Supervisor>();
  private readonly started: StartedProcesses;
  private readonly ports: Ports;
  private readonly secrets: Secrets | undefined;

  private stopped = false;

  private constructor(private readonly options: StackOptions) {
    this.started = new StartedProcesses(join(options.dir, 'processes.json'));
    this.ports = new Ports(options.ports, options.report);
    this.secrets = options.secretsDir === undefined ? undefined : new Secrets(options.secretsDir);
  }

  /** Resolves when every service is ready. On failure everything that was started is stopped again. */
  static async start(options: StackOptions): Promise<{ stack: Stack; addresses: Addresses }> {
    const stack = new Stack(options);
    options.onStarting?.(stack);
    try {
      const leftovers = await stack.started.endLeftovers();
      if (leftovers.length > 0)
        options.report(`ended what an earlier run left: ${leftovers.join(', ')}`);
      const infrastructure = await stack.startInfrastructure();
      const detoured = await stack.detoured(infrastructure);
      const plan = await stack.closed(
        await planServices(detoured, stack.ports, options),
        detoured.shardUrls,
      );
      await stack.startServices(plan);
      const tools = stack.secrets && (await new ClosedStack(stack.secrets).environmentOf('tools'));
      return { stack, addresses: { ...addressesOf(infrastructure, plan), tools } };
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Forgets the data of earlier runs. Servers that are not ours are not touched. */
  static wipe(dir: string): void {
    const own = existsSync(dir) ? readdirSync(dir).filter((name) => OWN_DATA.test(name)) : [];
    for (const name of own) rmSync(join(dir, name), { recursive: true, force: true });
  }

  private async startInfrastructure(): Promise<Infrastructure> {
    const { given = {}, shards = 2, report } = this.options;
    report('starting ZooKeeper, Redis and Postgres');
    const zookeeper = async () => {
      if (given.zookeeper !== undefined) return given.zookeeper;
      return (await startZooKeeper(await this.server('zookeeper', 2181))).connectString;
    };
    const redis = async () => {
      if (given.redisUrl !== undefined) return given.redisUrl;
      const passwordFile = this.secrets?.fileOf('redis');
      return (await startRedis({ ...(await this.server('redis', 6379)), passwordFile })).url;
    };
    const shard = async (number: number) => {
      const name = `postgres-${number}`;
      const options = await this.server(name, 5433 + number);
      return (await startPostgres({ ...options, settings: this.secrets?.postgresSettings(name) }))
        .url;
    };
    const [zookeeperAt, redisUrl, ...shardUrls] = await Promise.all([
      zookeeper(),
      redis(),
      ...(given.shardUrls ?? Array.from({ length: shards }, (_, number) => shard(number))),
    ]);
    this.watch();
    return { zookeeper: zookeeperAt, redisUrl, shardUrls, kafkaBrokers: given.kafkaBrokers };
  }

  private async detoured(infrastructure: Infrastructure): Promise<Infrastructure> {
    const { detour } = this.options;
    if (detour === undefined) return infrastructure;
    const { shardUrls } = infrastructure;
    return {
      ...infrastructure,
      shardUrls: await Promise.all(shardUrls.map((url, shard) => detour(shard, url))),
    };
  }

  /** The plan with what each service needs to be let in, where this stack asks for it. */
  private async closed(plan: Plan, shardUrls: readonly string[]): Promise<Plan> {
    if (this.secrets === undefined) return plan;
    const closed = new ClosedStack(this.secrets);
    for (const url of shardUrls) await closed.makeRoles(url);
    const services: ServicePlan[] = [];
    for (const service of plan.services) {
      const { app, env } = service;
      services.push({
        ...service,
        env: { ...env, ...(await closed.environmentOf(app, env['TALLY_SHARD_URL'])) },
      });
    }
    return { ...plan, services };
  }

  private async server(name: string, usualPort: number): Promise<StartOptions> {
    const { dir } = this.options;
    return {
      dir: join(dir, name),
      port: await this.ports.claim(name, usualPort),
      logFile: join(dir, 'logs', `${name}.log`),
      onProcess: (process) => this.own(name, process),
    };
  }

  private async startServices({ services }: Plan): Promise<void> {
    const { report } = this.options;
    report(`starting ${services.length} services`);
    await Promise.all(
      services.map(async (service) => {
        const process = this.serviceProcess(service);
        this.own(service.name, process, this.options.endsSilent === true ? service : undefined);
        await process.start();
        report(`  ${service.name} is ready`);
      }),
    );
    this.watch();
  }

  private serviceProcess({ name, app, adminPort, env }: ServicePlan): ServerProcess {
    const { bundles, nodeArgs } = this.options;
    const bundle = bundles?.[app] ?? join(ROOT, 'apps', app, 'bundle');
    return new ServerProcess({
      name,
      command: process.execPath,
      args: [
        ...(nodeArgs?.(name) ?? []),
        '--import',
        join(bundle, 'otel.mjs'),
        join(bundle, 'main.js'),
      ],
      env: { ...inherited(), ...this.options.env, ...env },
      cwd: bundle,
      logFile: join(this.options.dir, 'logs', `${name}.log`),
      readyIntervalMs: READY_INTERVAL_MS,
      ready: async () => {
        const response = await fetch(`http://127.0.0.1:${adminPort}/health/ready`, {
          signal: AbortSignal.timeout(5000),
        });
        const { status } = (await response.json()) as { status: string };
        // Degraded is enough to serve; a stack that was just started has to be whole.
        return status === 'ready';
      },
    });
  }

  private own(name: string, process: ServerProcess, silent?: ServicePlan): void {
    if (this.stopped) throw new Error('stopped while starting');
    process.onSpawn = (pid) => this.started.record(name, pid);
    const liveness = silent && {
      ...LIVENESS,
      isAlive: async () => {
        const live = `http://127.0.0.1:${silent.adminPort}/health/live`;
        return (await fetch(live, { signal: AbortSignal.timeout(LIVENESS_TIMEOUT_MS) })).ok;
      },
    };
    this.supervisors.set(name, new Supervisor(process, this.options.report, liveness));
  }

  private watch(): void {
    for (const supervisor of this.supervisors.values()) supervisor.watch();
  }

  /** The process of a service, or of `zookeeper`, `redis`, `postgres-0` … */
  process(name: string): ServerProcess {
    return this.supervisor(name).process;
  }

  /** SIGKILL of all these at once; they stay down until `revive`. */
  async crash(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.supervisor(name).crash()));
  }

  /** Ends it in an orderly way; it stays down until `revive`. */
  rest(name: string): Promise<void> {
    return this.supervisor(name).rest();
  }

  /** Starts what was crashed; `env` are other settings until its next start. */
  revive(name: string, env?: Readonly<Record<string, string>>): void {
    this.supervisor(name).revive(env);
  }

  private supervisor(name: string): Supervisor {
    const supervisor = this.supervisors.get(name);
    if (supervisor === undefined) throw new Error(`no process ${name} in this stack`);
    return supervisor;
  }

  get names(): string[] {
    return [...this.supervisors.keys()];
  }

  /** Stops the services, all at once, then what they use. */
  async stop(): Promise<void> {
    this.stopped = true;
    const stage = (name: string) => 1 + STOP_ORDER.findIndex((names) => names.test(name));
    for (let current = 0; current <= STOP_ORDER.length; current++) {
      const now = [...this.supervisors].filter(([name]) => stage(name) === current);
      await Promise.all(now.map(([, supervisor]) => supervisor.stop()));
    }
  }
}

/** The environment, without what names servers for the stack itself: each service gets its own. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TALLY_|KAFKA_)/.test(name)),
  );
}

function addressesOf(infrastructure: Infrastructure, plan: Plan): Addresses {
  const gateways = plan.gatewayPorts.map((port) => `http://127.0.0.1:${port}`);
  return {
    gateway: gateways[0] ?? '',
    gateways,
    kafka: plan.kafkaBrokers,
    zookeeper: infrastructure.zookeeper,
    redis: infrastructure.redisUrl,
    shards: infrastructure.shardUrls,
    admin: Object.fromEntries(
      plan.services.map(({ name, adminPort }) => [name, `http://127.0.0.1:${adminPort}`]),
    ),
  };
}

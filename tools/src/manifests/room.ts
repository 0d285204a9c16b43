import type { DeploymentSpec } from 'kubernetes-types/apps/v1.d.ts';
import { workloads, type Objects, type Workload } from './objects.js';

/** Milli-CPUs, MiB. */
interface Room {
  readonly cpu: number;
  readonly memory: number;
}

/** The smallest node that overlays/dev promises to run on. */
const NODE: Room = { cpu: 2000, memory: 4096 };
/**
 * What a cluster of one node asks for itself, in the larger of two: kind has etcd, the API server and
 * its own network there (950m and 290 MiB); the kubelet evicts below 100 MiB, and a machine "of
 * 4 GiB" shows the kernel's part less.
 */
const SYSTEM: Room = { cpu: 950, memory: 290 + 100 + 200 };

/** Requests that do not fit on one small node while every rollout goes on at once. */
export function checkRoom(objects: Objects): readonly string[] {
  const left = { cpu: NODE.cpu - SYSTEM.cpu, memory: NODE.memory - SYSTEM.memory };
  const asked = { cpu: 0, memory: 0 };
  for (const workload of workloads(objects)) {
    for (const { resources } of workload.containers) {
      asked.cpu += pods(workload) * milliCpus(resources?.requests?.['cpu'] ?? '0');
      asked.memory += pods(workload) * mebibytes(resources?.requests?.['memory'] ?? '0Mi');
    }
  }
  return [
    ...(asked.cpu > left.cpu
      ? [`expected requests of at most ${left.cpu}m CPU during rollouts, got ${asked.cpu}m`]
      : []),
    ...(asked.memory > left.memory
      ? [`expected requests of at most ${left.memory} MiB during rollouts, got ${asked.memory} MiB`]
      : []),
  ];
}

/** How many there are at most: a rollout of a Deployment starts new pods beside the old ones. */
function pods({ object }: Workload): number {
  const replicas = object.spec?.replicas ?? 1;
  if (object.kind !== 'Deployment') return replicas;
  const { type, rollingUpdate } = (object.spec as DeploymentSpec).strategy ?? {};
  if (type === 'Recreate') return replicas;
  const surge = rollingUpdate?.maxSurge ?? '25%';
  if (typeof surge === 'number') return replicas + surge;
  return replicas + Math.ceil((replicas * Number.parseInt(surge, 10)) / 100);
}

function milliCpus(quantity: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`expected CPUs as 250m or 1, got ${quantity}`);
  return Number(number) * (unit === 'm' ? 1 : 1000);
}

function mebibytes(quantity: string): number {
  const [, number, unit] = /^(\d+)([MG])i$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`expected memory as 128Mi or 1Gi, got ${quantity}`);
  return Number(number) * (unit === 'G' ? 1024 : 1);
}

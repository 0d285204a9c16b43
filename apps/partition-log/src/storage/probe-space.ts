import type { DiskWatermarks } from '@tally/segment-log';

/** Looks how much is free; rejects while appends are refused for want of room. */
export async function probeSpace(space: DiskWatermarks): Promise<void> {
  await space.look();
  if (space.refusal !== undefined) throw new Error(space.refusal);
}

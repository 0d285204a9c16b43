/**
 * Strategy `event-id`: partition = first four bytes of the fingerprint, big-endian, mod P. The same
 * event sent twice meets itself in one partition, and every partition gets the same share.
 */
export function partitionOf(fingerprintPrefix: number, partitions: number): number {
  return fingerprintPrefix % partitions;
}

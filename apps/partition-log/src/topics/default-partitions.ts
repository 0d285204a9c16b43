/** Partitions of a topic where a client leaves their number to the server. */
export const DEFAULT_PARTITIONS = 16;

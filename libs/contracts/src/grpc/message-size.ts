/** Largest gRPC message between our services: twice the largest body that the gateway accepts. */
export const MAX_MESSAGE_BYTES = 16 << 20;

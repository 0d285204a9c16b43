/**
 * Largest gRPC message between our services, at both ends: twice the largest body that the gateway
 * accepts. Messages are read whole, so this bounds what one call holds. What is larger fails as
 * MessageTooLarge (discovery), and `tally_grpc_messages_too_large_total` counts it.
 */
export const MAX_MESSAGE_BYTES = 16 << 20;

/** The mechanisms that there are code for. */
export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
/** How a client may log in. */
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];
/** A mechanism that never sends the password (RFC 5802, RFC 7677). */
export type ScramMechanism = Exclude<SaslMechanism, 'PLAIN'>;

/** What the server says to a token of the client. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly token: Buffer }
  | { readonly kind: 'authenticated'; readonly token: Buffer; readonly user: string }
  /** `user`: who it said it was, where it said so. The reason is for the log, not for the client. */
  | { readonly kind: 'failed'; readonly user: string; readonly reason: string };

/** One attempt of a client to show who it is; token by token, until it is authenticated or failed. */
export interface SaslExchange {
  next(token: Buffer): Promise<SaslStep>;
}

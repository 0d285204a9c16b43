/** Longest name of who accepts that records are gone, in bytes of UTF-8: a person, a ticket, a team. */
export const LOSS_NAME_BYTES = 200;
/** Longest reason for it, in bytes of UTF-8. */
export const LOSS_REASON_BYTES = 1000;

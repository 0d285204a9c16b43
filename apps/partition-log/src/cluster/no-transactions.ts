/** What is said where a message has room for it. */
export const NO_TRANSACTIONS =
  'this log has no transactions: expected a producer without transactional.id; an idempotent one is served';

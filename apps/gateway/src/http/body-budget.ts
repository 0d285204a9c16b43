import { ConnectionBudget } from './connection-budget.js';

/**
 * Bounds the memory of request bodies: they are paid for byte by byte as they arrive. A length that
 * is announced costs nothing, so that nobody keeps others out who sends nothing. A connection may
 * always have one body of the longest there may be: its least share.
 */
export class BodyBudget extends ConnectionBudget {}

export { Journal, JournalProblem, type JournalOwner, type LineState } from './journal.js';
export { LineBatch } from './line-batch.js';
export { LineSet, type LineRange } from './line-set.js';

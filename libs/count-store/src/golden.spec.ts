import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MOST_RANGES, READ_COVERAGE } from './coverage/read-coverage.js';
import { ADMIT_SERIES } from './delta/admit-series.sql.js';
import { APPLY_DELTA, ENSURE_COVERAGE } from './delta/apply-delta.sql.js';
import {
  KEEP_NODES,
  LAST_NODE,
  OTHER_NODES,
  READ_INSTALLATION,
  READ_NODE,
  READ_NODES,
  REPLACE_NODE,
  STAMP_INSTALLATION,
} from './installation/installation.sql.js';
import {
  FORGET_DEAD_EVENTS,
  LIST_DEAD_EVENT_ACTIONS,
  READ_DEAD_EVENTS,
  SETTLE_DEAD_EVENTS,
} from './dead-events/dead-events.sql.js';
import { READ_LEDGER } from './ledger/read-ledger.sql.js';
import { ACCEPT_LOSS, FIND_LOSS, LIST_LOSSES } from './losses/accept-loss.sql.js';
import { READ_GROUPS } from './read/read-groups.sql.js';
import { READ_COUNTERS, READ_SKETCHES } from './read/read-counters.sql.js';

const GOLDEN = join(import.meta.dirname, '../golden');

/** The text that Postgres gets, as a reviewer sees it; TALLY_UPDATE_GOLDEN=1 writes it anew. */
describe('the text of the statement', () => {
  it.each([
    ['accept-loss', ACCEPT_LOSS.text],
    ['admit-series', ADMIT_SERIES.text],
    ['apply-delta', APPLY_DELTA.text],
    ['ensure-coverage', ENSURE_COVERAGE.text],
    ['find-loss', FIND_LOSS.text],
    ['forget-dead-events', FORGET_DEAD_EVENTS.text],
    ['keep-nodes', KEEP_NODES.text],
    ['last-node', LAST_NODE.text],
    ['list-dead-event-actions', LIST_DEAD_EVENT_ACTIONS.text],
    ['list-losses', LIST_LOSSES.text],
    ['most-ranges', MOST_RANGES],
    ['other-nodes', OTHER_NODES.text],
    ['read-counters', READ_COUNTERS],
    ['read-coverage', READ_COVERAGE],
    ['read-groups', READ_GROUPS],
    ['read-dead-events', READ_DEAD_EVENTS.text],
    ['read-installation', READ_INSTALLATION.text],
    ['read-ledger', READ_LEDGER.text],
    ['read-node', READ_NODE.text],
    ['read-sketches', READ_SKETCHES],
    ['read-nodes', READ_NODES.text],
    ['replace-node', REPLACE_NODE.text],
    ['settle-dead-events', SETTLE_DEAD_EVENTS.text],
    ['stamp-installation', STAMP_INSTALLATION.text],
  ])('%s is the one that was reviewed', (name, text) => {
    const file = join(GOLDEN, `${name}.sql`);
    if (process.env['TALLY_UPDATE_GOLDEN'] === '1') {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, `${text}\n`);
    }
    expect(`${text}\n`).toBe(readFileSync(file, 'utf8'));
  });
});

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type AppName } from '@tally/tools';
import { allDatabasesAway } from './faults/all-databases-away.js';
import { cutPower } from './faults/cut-power.js';
import { deleteRecords } from './faults/delete-records.js';
import { emptyZooKeeper } from './faults/empty-zookeeper.js';
import { forgedBlocks } from './faults/forged-blocks.js';
import { killEverything } from './faults/kill-everything.js';
import { killMidFlush } from './faults/kill-mid-flush.js';
import { killPostgres } from './faults/kill-postgres.js';
import { killServices } from './faults/kill-services.js';
import { killZooKeeper } from './faults/kill-zookeeper.js';
import { longNames } from './faults/long-names.js';
import { loseAnswers } from './faults/lose-answers.js';
import { oddShard } from './faults/odd-shard.js';
import { outliveWindow } from './faults/outlive-window.js';
import { repeatLetters } from './faults/repeat-letters.js';
import { restoreOlderShard } from './faults/restore-older-shard.js';
import { shardAway } from './faults/shard-away.js';
import { shortenLog } from './faults/shorten-log.js';
import { spoilGenerations } from './faults/spoil-generations.js';
import { zombieProcessor } from './faults/zombie-processor.js';
import type { Fault } from './trial.js';

/**
 * A protection taken out of the program that is shipped, to see that the trial which should need it
 * fails without it. Production has no switch for this: a copy of the bundle is changed at one place.
 */
export interface Control {
  readonly name: string;
  readonly app: AppName;
  /** Others that have the protection too, and that would stand in for it. */
  readonly alsoIn?: readonly AppName[];
  /** The protection, as it stands in the bundle; found exactly once. */
  readonly protection: RegExp;
  readonly instead: string;
  /** Another one, in another app, that would do what this one does no more. */
  readonly and?: Pick<Control, 'app' | 'protection' | 'instead'>;
  readonly faults: readonly Fault[];
  /** How the trial must fail. */
  readonly failure: RegExp;
}

const WRONG_FIGURES =
  /the log has \d+ events? of .* the answer|when \d+ were acknowledged before it/;

export const CONTROLS: readonly Control[] = [
  {
    name: 'coverage-unchecked',
    app: 'shard-proxy',
    protection: /WHEN NOT bool_or\(covered && ranges\) THEN 'applied'/,
    instead: "WHEN true THEN 'applied'",
    faults: [loseAnswers],
    failure: WRONG_FIGURES,
  },
  {
    name: 'sketches-whatever-is-covered',
    app: 'shard-proxy',
    protection: /(AS data\) AS s\n\s+)WHERE \(SELECT outcome FROM verdict\) = 'applied'/,
    instead: '$1',
    faults: [loseAnswers],
    failure: /sketches of the log say/,
  },
  {
    name: 'overlap-applied-whole',
    app: 'shard-proxy',
    protection: /ELSE 'overlap'/,
    instead: "ELSE 'applied'",
    faults: [zombieProcessor],
    failure: WRONG_FIGURES,
  },
  {
    name: 'window-not-rebuilt',
    app: 'processor',
    protection: /from\d* < start\d* \? from\d* : start\d*/,
    instead: 'options.start',
    faults: [killServices, killEverything],
    failure: WRONG_FIGURES,
  },
  {
    name: 'blocks-never-void',
    app: 'processor',
    protection: /return appendMs > notAfterMs \|\| notAfterMs - appendMs > maxLeadMs;/,
    instead: 'return false;',
    faults: [outliveWindow],
    failure: WRONG_FIGURES,
  },
  {
    name: 'begins-at-the-end-of-the-log',
    app: 'processor',
    protection: /if \(missing < start\)\s+start = missing;/,
    instead: '',
    faults: [killMidFlush],
    failure: WRONG_FIGURES,
  },
  {
    name: 'flush-of-unknown-fate-forgotten',
    app: 'processor',
    protection: /this\.sendAgain\(flight\d*\);\s+return \{ kind: "sent-again" \};/,
    // Comparing what shards cover would find it and count it again.
    instead: `CoverageCheck.prototype.onCoverage = () => void 0;
      this.flight = void 0;
      return { kind: "settled", isBack: false, identity: void 0, confirmed: this.confirmed };`,
    faults: [killPostgres],
    failure: /answers have everything/,
  },
  {
    name: 'who-answers-again-is-believed',
    app: 'processor',
    // Whether it was away for a flush, or another database answers: either finds it.
    protection: /return after\d*\.isBack \?/,
    instead: 'return void 0; return after.isBack ?',
    faults: [restoreOlderShard],
    failure: /answers have everything/,
  },
  {
    name: 'an-odd-answer-is-a-bug',
    app: 'processor',
    protection: /return failed\(error\d*\);/,
    // As any other error of a call: nobody caught it, and the process ended.
    instead: "throw new Error('an answer that nobody foresaw');",
    faults: [oddShard],
    failure: /a processor ended/,
  },
  {
    name: 'flushes-without-a-bound',
    app: 'processor',
    protection: /bytes\d* > 0 && bytes\d* >= roster\d*\.flushBytes\(shard\d*\)/,
    instead: 'false',
    faults: [longNames],
    failure: /answers have everything/,
  },
  {
    name: 'readiness-is-a-chain',
    app: 'gateway',
    alsoIn: ['query', 'cluster-proxy'],
    protection: /\.look\(service\d*, \{ required: false \}\)/,
    instead: '.look(service, { required: true })',
    faults: [allDatabasesAway],
    failure: /the gateway was not ready while only databases were away/,
  },
  {
    name: 'each-reader-waits',
    app: 'cluster-proxy',
    protection: /if \(!this\.away\.has\(shard\d*\)\)\s+return;\s+this\.options\.metrics/,
    instead: 'return; this.options.metrics',
    faults: [shardAway],
    failure: /a reader waited \d+ ms for a shard that is away/,
  },
  {
    name: 'last-answers-not-kept',
    app: 'query',
    protection: /newest\d* = answer\d*;/,
    instead: 'continue;',
    faults: [shardAway],
    failure: /series were missing, although their last answer was known/,
  },
  {
    name: 'registers-once',
    app: 'cluster-proxy',
    protection: /if \(session\d*\.state !== "connected"\)\s+return;\s+for \(/,
    instead: 'if (this.ownedBy !== void 0) return; for (',
    faults: [killZooKeeper],
    failure: /is ready/,
  },
  {
    name: 'empty-zookeeper-is-a-new-one',
    app: 'cluster-proxy',
    alsoIn: ['shard-proxy', 'partitioner'],
    protection: /if \(sentence !== void 0\)\s+return \{ kind: "refuse", sentence \};/,
    instead: '',
    faults: [emptyZooKeeper],
    failure: /was made, although ZooKeeper had (only )?come back empty/,
  },
  {
    name: 'skipped-records-ignored',
    app: 'processor',
    protection: /if \(got !== void 0\) \{/,
    instead: 'if (false) {',
    faults: [deleteRecords],
    failure: /the version is given up/,
  },
  {
    name: 'any-beginning-of-the-log-accepted',
    app: 'processor',
    protection: /losses\d*\.get\(partition\d*\)\?\.has\(low\d* - 1n\) === true/,
    instead: 'true',
    faults: [shortenLog],
    failure: /the version is given up/,
  },
  {
    name: 'bytes-are-trusted',
    app: 'processor',
    protection: /const \{ cursor: cursor\d* \} = this;|const \{ cursor \} = this;/,
    // As it was before: Avro's own decoder.
    instead: `try {
      const [, bytes, from, to] = arguments;
      const { value, offset } = this.current.decode(bytes, from);
      return offset === to ? value : void 0;
    } catch {
      return void 0;
    }
    const { cursor } = this;`,
    faults: [forgedBlocks],
    failure: /the version is given up/,
  },
  {
    name: 'acknowledged-before-fdatasync',
    app: 'partition-log',
    protection: /await segment\.file\.datasync\(\);/,
    instead: '',
    faults: [cutPower],
    failure: /was acknowledged and is not in the log|answers have everything|is ready/,
  },
  {
    name: 'generations-without-a-checksum',
    app: 'processor',
    protection: /if \(\(0, \w+\.crc32c\)\(bytes\d*\.subarray\(0, to\d*\)\) !== [^)]+\)\)/,
    instead: 'if (false)',
    faults: [spoilGenerations],
    failure: WRONG_FIGURES,
  },
  {
    name: 'generations-behind-the-start',
    app: 'processor',
    protection: /(from\d* < end\d*) && end\d* <= to\d*\)/,
    instead: '$1)',
    faults: [spoilGenerations],
    failure: WRONG_FIGURES,
  },
  {
    name: 'dead-letters-as-sums',
    app: 'dead-letter-replayer',
    protection: /this\.taken = new Map\(\[\.\.\.coverage\d*\]/,
    instead: 'this.taken = new Map([]',
    // It would find that it has them.
    and: {
      app: 'shard-proxy',
      protection: /WHEN NOT bool_or\(covered && ranges\) THEN 'applied'/,
      instead: "WHEN true THEN 'applied'",
    },
    faults: [repeatLetters],
    failure: WRONG_FIGURES,
  },
  {
    name: 'catalogue-as-it-is-now',
    app: 'processor',
    protection:
      /(catalog\d*)\.fields\((event\d*)\.project, event\d*\.subject, catalogPosition\d*\)/,
    instead: '$1.fields($2.project, $2.subject, $1.store?.position ?? 0n)',
    faults: [killServices],
    failure: /in groups: the log has|owner:.*: the log has/,
  },
  {
    name: 'any-number-of-groups',
    app: 'shard-proxy',
    protection: /if \(tooMany\d*\.size === 0\)/,
    instead: 'if (true)',
    faults: [killServices],
    failure: /groups, with a cardinality limit of/,
  },
  {
    name: 'late-events-are-dropped',
    app: 'processor',
    protection: /dead\d*\.add\(index\d*, "too_late", .*\);/,
    instead: ';',
    faults: [killServices],
    failure: /is too late, and not among the dead ones/,
  },
];

/** The bundles that run instead of those that have the protection. */
export function bundlesWithout(control: Control): Partial<Record<AppName, string>> {
  const { name, alsoIn = [], and } = control;
  const changes = [control.app, ...alsoIn].map((app) => ({ ...control, app }));
  const all = and === undefined ? changes : [...changes, { ...and, name }];
  return Object.fromEntries(all.map((change) => [change.app, changedBundle(change)]));
}

/** A bundle of the app without the protection, below the clone, where its packages are found. */
export function changedBundle({
  name,
  app,
  protection,
  instead,
}: Pick<Control, 'name' | 'app' | 'protection' | 'instead'>): string {
  const original = join(ROOT, 'apps', app, 'bundle');
  const copy = join(ROOT, '.tally/controls', name, app);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(join(copy, '..'), { recursive: true });
  cpSync(original, copy, { recursive: true });
  const program = readFileSync(join(original, 'service.cjs'), 'latin1');
  const found = program.match(new RegExp(protection, 'g'))?.length ?? 0;
  if (found !== 1)
    throw new Error(
      `${name}: expected its protection once in the bundle of ${app}, found it ${found} times`,
    );
  writeFileSync(join(copy, 'service.cjs'), program.replace(protection, instead), 'latin1');
  return copy;
}

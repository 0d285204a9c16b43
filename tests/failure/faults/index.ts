import { allDatabasesAway } from './all-databases-away.js';
import { cutPower } from './cut-power.js';
import { deleteRecords } from './delete-records.js';
import { emptyZooKeeper } from './empty-zookeeper.js';
import { forgedBlocks } from './forged-blocks.js';
import { killEverything } from './kill-everything.js';
import { killMidFlush } from './kill-mid-flush.js';
import { killPostgres } from './kill-postgres.js';
import { killServices } from './kill-services.js';
import { killZooKeeper } from './kill-zookeeper.js';
import { longNames } from './long-names.js';
import { loseAnswers } from './lose-answers.js';
import { oddShard } from './odd-shard.js';
import { outliveWindow } from './outlive-window.js';
import { repeatLetters } from './repeat-letters.js';
import { restoreOlderShard } from './restore-older-shard.js';
import { shardAway } from './shard-away.js';
import { shortenLog } from './shorten-log.js';
import { spoilGenerations } from './spoil-generations.js';
import { zombieProcessor } from './zombie-processor.js';

export const FAULTS = [
  killServices,
  killMidFlush,
  loseAnswers,
  zombieProcessor,
  outliveWindow,
  spoilGenerations,
  killPostgres,
  restoreOlderShard,
  oddShard,
  repeatLetters,
  longNames,
  allDatabasesAway,
  shardAway,
  killZooKeeper,
  emptyZooKeeper,
  killEverything,
  deleteRecords,
  shortenLog,
  forgedBlocks,
  cutPower,
];

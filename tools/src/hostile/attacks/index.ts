import type { Attack } from '../attack.js';
import { announcedBodies } from './announced-bodies.js';
import { adminGarbage } from './admin-garbage.js';
import { badForms } from './bad-forms.js';
import { connectionStorm } from './connection-storm.js';
import { emptyCenturies } from './empty-centuries.js';
import { filledBudget } from './filled-budget.js';
import { foreignHosts } from './foreign-hosts.js';
import { grpcBrokenFrames } from './grpc-broken-frames.js';
import { grpcFrameFloods } from './grpc-frame-floods.js';
import { grpcGarbage } from './grpc-garbage.js';
import { grpcRapidReset } from './grpc-rapid-reset.js';
import { kafkaExtreme } from './kafka-extreme.js';
import { kafkaFrames } from './kafka-frames.js';
import { kafkaGroupNames } from './kafka-group-names.js';
import { kafkaSaslGarbage } from './kafka-sasl-garbage.js';
import { kafkaSlowReaders } from './kafka-slow-readers.js';
import { kafkaStorm } from './kafka-storm.js';
import { largeBodies } from './large-bodies.js';
import { silentConnections } from './silent-connections.js';
import { trickledBodies } from './trickled-bodies.js';
import { unreadAnswers } from './unread-answers.js';
import { unreadPipeline } from './unread-pipeline.js';

/** Another attack is a file of its own and a word here. */
export const ATTACKS: readonly Attack[] = [
  announcedBodies,
  trickledBodies,
  filledBudget,
  silentConnections,
  unreadPipeline,
  unreadAnswers,
  emptyCenturies,
  largeBodies,
  badForms,
  foreignHosts,
  connectionStorm,
  kafkaExtreme,
  kafkaFrames,
  kafkaSaslGarbage,
  kafkaGroupNames,
  kafkaSlowReaders,
  kafkaStorm,
  grpcGarbage,
  grpcBrokenFrames,
  grpcRapidReset,
  grpcFrameFloods,
  adminGarbage,
];

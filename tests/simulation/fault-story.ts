import { MAX_RECORD_BYTES, type Fault } from './schedule.js';

/** What happens, as a line of a story. */
export function storyOf(fault: Fault): string {
  switch (fault.kind) {
    case 'log-crash':
      return `the log loses its power for ${fault.forMs} ms`;
    case 'log-clock':
      return `the clock of the log steps: it is ${fault.offsetMs} ms from true time now`;
    case 'log-clock-step':
      return `the clock of the log is set by ${fault.byMs} ms for ${fault.forMs} ms`;
    case 'processor-crash':
      return `processor ${fault.processor} is killed for ${fault.forMs} ms`;
    case 'processor-pause':
      return `processor ${fault.processor} stands still for ${fault.forMs} ms`;
    case 'files-spoiled':
      return `files of processor ${fault.processor} are ${fault.whim}`;
    case 'processor-clock':
      return `the clock of processor ${fault.processor} is set by ${fault.byMs} ms`;
    case 'intake-crash':
      return `intake ${fault.intake} is killed for ${fault.forMs} ms`;
    case 'intake-pause':
      return `intake ${fault.intake} stands still for ${fault.forMs} ms`;
    case 'intake-clock':
      return `the wall clock of intake ${fault.intake} is ${fault.offsetMs} ms from true time now`;
    case 'event-types':
      return 'another version of the event types is in force';
    case 'shard-away':
      return `shard ${fault.shard} does not answer for ${fault.forMs} ms`;
    case 'shard-saved':
      return `shard ${fault.shard} is copied`;
    case 'shard-restored':
      return `shard ${fault.shard} becomes its copy again`;
    case 'shard-promoted':
      return `another database answers for shard ${fault.shard}: its copy`;
    case 'shard-odd':
      return `shard ${fault.shard} answers oddly for ${fault.forMs} ms`;
    case 'shard-narrow':
      return `no larger messages than ${MAX_RECORD_BYTES} bytes reach shard ${fault.shard} any more`;
    case 'counting-bug':
      return `processor ${fault.processor} will count a record by halves, and crash`;
    case 'shard-map':
      return 'another shard map is in force';
    case 'log-shortened':
      return `all but ${fault.keeps} records of partition ${fault.partition} are deleted`;
    case 'letters-refused':
      return `the log takes no dead letters for ${fault.forMs} ms`;
    case 'replayer-crash':
      return `replayer ${fault.replayer} is killed for ${fault.forMs} ms`;
    case 'replayer-pause':
      return `replayer ${fault.replayer} stands still for ${fault.forMs} ms`;
    case 'forged-record':
      return `somebody writes ${fault.isBlock ? 'a block of a version that nobody knows' : 'noise'} into partition ${fault.partition}`;
    case 'dead-events-refused':
      return `the log takes no dead events for ${fault.forMs} ms`;
    case 'version-comes':
      return 'the version that forged blocks name is there';
    case 'rebalance':
      return 'the group assigns anew';
    case 'bad-weather':
      return `${fault.percent} % of messages are lost, late, or come twice for ${fault.forMs} ms`;
  }
}

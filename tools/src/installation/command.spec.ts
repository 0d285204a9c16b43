import { describe, expect, it } from '@jest/globals';
import { parseCommand } from './command.js';

const read = (line: string, env: NodeJS.ProcessEnv = {}) =>
  parseCommand(line.split(' '), env, '/nowhere');

describe('tools/installation', () => {
  it('reads what is asked for, and where ZooKeeper is', () => {
    expect(read('show --zookeeper a:1,b:2 --kafka c:3')).toEqual({
      kind: 'show',
      zookeeper: 'a:1,b:2',
      kafka: 'c:3',
    });
    const env = { TALLY_ZOOKEEPER: 'a:1', KAFKA_BROKERS: 'c:3' };
    expect(read('show', env)).toMatchObject({ zookeeper: 'a:1', kafka: 'c:3' });
    expect(read('restore', env)).toEqual({ kind: 'restore', zookeeper: 'a:1', from: undefined });
    expect(read('restore --from 12', env)).toMatchObject({ from: 12 });
    expect(read('--help')).toEqual({ kind: 'help' });
  });

  it.each([
    ['', 'expected show or restore'],
    ['reset --zookeeper a:1', 'expected show or restore'],
    ['restore', 'no Tally runs here'],
    ['restore --zookeeper a', '--zookeeper: expected HOST:PORT'],
    ['restore --zookeeper a:1 --from x', '--from'],
    ['restore --zookeeper a:1 --force', '--force'],
  ])('refuses: %s', (line, problem) => {
    expect(read(line)).toMatchObject({
      kind: 'wrong',
      problem: expect.stringContaining(problem),
    });
  });
});

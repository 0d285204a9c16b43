import { describe, expect, it } from '@jest/globals';
import { parseCommand } from './command.js';

const WHOLE = '--partition 3 --from 90 --to 96 --by ann --reason disk --gateway http://h:1';
const read = (line: string, env: NodeJS.ProcessEnv = {}) =>
  parseCommand(line.split(' '), env, '/nowhere');

describe('tools/log', () => {
  it('reads which loss is accepted, and where', () => {
    expect(read(`accept-loss ${WHOLE}`)).toEqual({
      kind: 'accept-loss',
      gateway: 'http://h:1',
      loss: { partition: 3, from: 90, to: 96, by: 'ann', reason: 'disk' },
    });
    const gateway = 'http://h:2';
    expect(read('losses', { TALLY_GATEWAY: gateway })).toEqual({ kind: 'losses', gateway });
    expect(read('--help')).toEqual({ kind: 'help' });
  });

  it.each([
    ['', 'expected accept-loss'],
    ['accept', 'expected accept-loss'],
    ['losses', 'no Tally runs here'],
    ['losses --gateway h', 'expected a URL'],
    [`accept-loss ${WHOLE} --partition x`, '--partition'],
    [`accept-loss ${WHOLE} --from -1`, '--from'],
    [`accept-loss ${WHOLE} --to 90`, '--to'],
    [`accept-loss ${WHOLE} --to 99999999999999999`, '--to'],
    [`accept-loss ${WHOLE} --by=`, '--by'],
    [`accept-loss ${WHOLE} --reason=`, '--reason'],
    [`accept-loss ${WHOLE} --force`, '--force'],
  ])('refuses: %s', (line, problem) => {
    expect(read(line)).toMatchObject({
      kind: 'wrong',
      problem: expect.stringContaining(problem),
    });
  });
});

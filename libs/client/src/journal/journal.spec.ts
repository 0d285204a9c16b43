import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Journal } from './journal.js';
import { LineBatch } from './line-batch.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'tally-journal-'))));
afterEach(() => rmSync(dir, { recursive: true }));

/** Five events, one a line; the last one's id is the mark. */
function fiveLines(): LineBatch {
  const batch = new LineBatch();
  for (let line = 1; line <= 5; line++)
    batch.add('{}', line === 5 ? 'mark' : `id ${line}`, [line, line], undefined);
  return batch;
}

describe('a journal', () => {
  const owner = { input: 'first-id', gateway: 'here' };
  const open = (changed = {}, isAnew = false) =>
    new Journal(join(dir, 'journal'), { ...owner, ...changed }, isAnew);
  const batch = fiveLines();

  it('is one process’s at a time', () => {
    const journal = open();
    expect(() => open()).toThrow('another import uses the journal');
    journal.close();
    open().close();
  });

  it('is of one input and one Tally', () => {
    open().close();
    expect(() => open({ input: 'other-id' })).toThrow('begins otherwise');
    expect(() => open({ gateway: 'there' })).toThrow('to here, this one goes to there');
  });

  it.each(['{"name":"package"}\n', 'GET /a\n'])(
    'is not the file %j, and leaves that alone',
    (text) => {
      const file = join(dir, 'journal');
      writeFileSync(file, text);
      expect(() => open()).toThrow('no journal');
      expect(() => open({}, true)).toThrow('no journal');
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it.each(['{"jour', '{"journal":1,"input":"fir'])(
    'goes on when its first line was cut: %s',
    (text) => {
      writeFileSync(join(dir, 'journal'), text);
      const journal = open();
      journal.sending(batch, 0);
      journal.close();
      const again = open();
      expect(again.markAt(5)).toBe('mark');
      again.close();
    },
  );

  it('forgets when it is asked to', () => {
    const journal = open();
    journal.sending(batch, 0);
    journal.taken(batch, []);
    expect(journal.state(5)).toEqual({ kind: 'acknowledged' });
    journal.close();
    const anew = open({}, true);
    expect(anew.state(5)).toEqual({ kind: 'new' });
    anew.close();
  });

  it('knows after a restart what is in, what was refused and what is in doubt', () => {
    const journal = open();
    journal.sending(batch, 7);
    journal.close();
    const second = open();
    expect(second.state(3)).toEqual({ kind: 'in doubt', since: 7 });
    second.taken(batch, [{ index: 2, why: 'value_invalid: no number' }]);
    second.close();
    const third = open();
    expect([2, 3, 6].map((line) => third.state(line).kind)).toEqual(['acknowledged', 'new', 'new']);
    expect(third.lastLine).toBe(5);
    third.close();
  });

  it('doubts nothing of a batch that was withdrawn', () => {
    const journal = open();
    journal.sending(batch, 7);
    journal.withdrawn(batch);
    expect(journal.state(3)).toEqual({ kind: 'new' });
    journal.close();
  });
});

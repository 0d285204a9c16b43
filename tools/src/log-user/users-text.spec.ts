import { describe, expect, it } from '@jest/globals';
import { parseCredentials } from '@tally/kafka-wire';
import { withoutUser, withUser } from './users-text.js';

describe('a file of users', () => {
  it('gets a user, another password for it, and loses it, and everything else stays', async () => {
    const first = await withUser('# ours\n', 'ann', 'one');
    const both = await withUser(first, 'annette', 'two');
    const changed = await withUser(both, 'ann', 'three');
    expect([...parseCredentials(changed).keys()].toSorted()).toEqual(['ann', 'annette']);
    expect(parseCredentials(changed).get('annette')).toEqual(parseCredentials(both).get('annette'));
    expect(parseCredentials(changed).get('ann')).not.toEqual(parseCredentials(both).get('ann'));
    const left = withoutUser(changed, 'ann');
    expect([...parseCredentials(left).keys()]).toEqual(['annette']);
    expect(left).toMatch(/^# ours\n/);
  });

  it('that is something else is left alone', async () => {
    await expect(withUser('some text\n', 'ann', 'one')).rejects.toThrow('line 1');
  });
});

import { describe, expect, it } from '@jest/globals';
import { NodeEvents } from './node-events.js';

describe('events of nodes', () => {
  it('reach all who want those of the path, until they do not any more', () => {
    const events = new NodeEvents();
    const told: string[] = [];
    const end = events.on('/a', () => told.push('one'));
    events.on('/a', () => told.push('two'));
    events.on('/b', () => told.push('other'));
    events.emit('/a');
    expect(told).toEqual(['one', 'two']);
    end();
    end();
    events.emit('/a');
    events.emit('/nobody');
    expect(told).toEqual(['one', 'two', 'two']);
  });
});

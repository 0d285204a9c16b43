import { describe, expect, it } from '@jest/globals';
import { BLOCK_EVENTS, blocksOf } from './blocks.js';
import {
  countFigure,
  countInto,
  decodeFigure,
  encodeFigure,
  KINDS,
  windowFigures,
} from './pieces.js';

const records = blocksOf(2 * BLOCK_EVENTS);

describe('the pieces of the processor', () => {
  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
    'count all events with %s, and make a flush of them',
    async (kind) => {
      const { ledger } = countInto(records, kind).toMessage();
      expect(ledger).toMatchObject([{ counted: String(2 * BLOCK_EVENTS), duplicates: '0' }]);
      for (const figure of [
        await countFigure(records, kind, 1),
        await encodeFigure(records, kind, 1),
      ])
        expect(figure.ns).toBeGreaterThan(0);
    },
  );

  it('are the window and the reading of blocks too', async () => {
    const [inserted, found] = await windowFigures(5000, 2);
    expect(inserted?.note).toMatch(/bytes an id$/);
    expect(found?.ns).toBeGreaterThan(0);
    expect((await decodeFigure(records, 1)).ns).toBeGreaterThan(0);
  });
});

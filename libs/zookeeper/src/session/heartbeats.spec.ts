import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Heartbeats } from './heartbeats.js';

describe('heartbeats', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('ask again only when the one before was answered, and no more once stopped', async () => {
    const answers: (() => void)[] = [];
    const heartbeats = new Heartbeats();
    heartbeats.start(100, () => new Promise<void>((resolve) => answers.push(resolve)));
    jest.advanceTimersByTime(350);
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await jest.advanceTimersByTimeAsync(100);
    expect(answers).toHaveLength(2);
    heartbeats.stop();
    answers[1]?.();
    await jest.advanceTimersByTimeAsync(500);
    expect(answers).toHaveLength(2);
  });
});

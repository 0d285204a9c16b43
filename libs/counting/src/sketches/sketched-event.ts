import type { Event, EventTypeDefinition } from '@tally/contracts';
import { valueText } from '@tally/placement';
import { HashedText } from '@tally/sketches';
import type { AddedValue } from '../aggregate/shard-delta.js';
import { MAX_DECIMALS, POWERS_OF_TEN } from '../sums/decimal.js';

/** What an event adds to sketches, made once for all of its rows. */
export class SketchedEvent {
  /** Names of attributes; a hash of each value stands at the same index. */
  uniques: readonly string[] = [];
  /** undefined: the event has no such attribute. */
  readonly hashes: (HashedText | undefined)[] = [];
  /** In micro-units, as the nearest double; undefined: the event adds to no quantiles. */
  micro: number | undefined;
  /** One for each index, so that none is made for each event. */
  private readonly made: HashedText[] = [];

  /** @param attributes Of the event; looked at for types with unique attributes alone. */
  take(
    { uniques, quantiles }: EventTypeDefinition,
    value: AddedValue,
    attributes: Event['attributes'],
  ): this {
    this.uniques = uniques;
    for (let index = 0; index < uniques.length; index++) {
      const name = uniques[index] ?? '';
      // An attribute may be called `constructor`, which every object has without having got it.
      const its = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      this.hashes[index] = its === undefined ? undefined : this.hashOf(index, valueText(its));
    }
    // Both factors are exact, so that it is rounded once, whatever the scale.
    this.micro =
      quantiles && value.isValued
        ? value.unscaled * (POWERS_OF_TEN[MAX_DECIMALS - value.scale] ?? 1)
        : undefined;
    return this;
  }

  private hashOf(index: number, text: string): HashedText {
    return (this.made[index] ??= new HashedText()).take(text);
  }
}

/** Topics with series of their own; what comes later is counted together. */
const MAX_TOPICS = 200;
const OTHERS = 'others';

/** Names of topics as labels of metrics: bounded, since every value is kept for ever. */
export class TopicLabels {
  private readonly known = new Set<string>();

  of(topic: string): string {
    if (this.known.has(topic)) return topic;
    if (this.known.size >= MAX_TOPICS) return OTHERS;
    this.known.add(topic);
    return topic;
  }
}

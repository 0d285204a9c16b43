/**
 * A peer sent bytes that are not the Kafka protocol. What it said before holds; nothing that
 * follows can be understood, so its connection ends, and only its connection.
 */
export class MalformedFrame extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedFrame';
  }
}

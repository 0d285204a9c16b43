import type { KafkaConfig } from '../kafka.js';
import { BrokerConnection } from './broker-connection.js';
import { LogRefusal } from './log-refusal.js';

/** Connections to the brokers of a log, one each, made when they are needed. */
export class Brokers {
  private readonly connections = new Map<string, Promise<BrokerConnection>>();
  private isClosed = false;

  constructor(private readonly config: KafkaConfig) {}

  /** The connection to a broker, `host:port`; another one where the last is used up. */
  async to(broker: string): Promise<BrokerConnection> {
    const open = this.connections.get(broker);
    if (open !== undefined) {
      const connection = await open;
      if (!connection.isUsedUp) return connection;
      connection.retire();
      // Another one may have replaced it meanwhile.
      if (this.connections.get(broker) !== open) return this.to(broker);
    }
    if (this.isClosed) throw new LogRefusal('the client was closed');
    const opened = BrokerConnection.open(broker, this.config);
    this.connections.set(broker, opened);
    opened.catch(() => this.connections.get(broker) === opened && this.connections.delete(broker));
    return opened;
  }

  /** One that is open; else one to the first of the brokers in the settings that can be reached. */
  async any(): Promise<BrokerConnection> {
    for (const open of this.connections.values()) {
      const connection = await open.catch(() => undefined);
      if (connection?.isUsedUp === false) return connection;
    }
    const failures: Error[] = [];
    for (const broker of this.config.brokers) {
      try {
        return await this.to(broker);
      } catch (error) {
        if (error instanceof LogRefusal) throw error;
        failures.push(error as Error);
      }
    }
    throw new Error(failures.map(({ message }) => message).join('; '));
  }

  /** Requests that wait for an answer fail. */
  close(): void {
    this.isClosed = true;
    for (const open of this.connections.values())
      open.then((connection) => connection.close()).catch(() => undefined);
    this.connections.clear();
  }
}

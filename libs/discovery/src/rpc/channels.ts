import { createSecureContext } from 'node:tls';
import { Client, credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { MAX_MESSAGE_BYTES } from '@tally/contracts';
import type { TlsFiles } from '@tally/service-kit';

/**
 * Reconnects fast, as the balancer already spares an instance that is down (gRPC's own default goes
 * up to 2 minutes); pings, so that a peer that vanished without a word is noticed within 15 s.
 */
const DEFAULTS: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
};

interface Channel {
  readonly client: Client;
  users: number;
  retired: boolean;
}

/** What channels to one service have in common. */
export interface ChannelsOptions {
  /** With TLS the name that its certificate has to show, whatever its address is. */
  readonly service: string;
  /** undefined: connections are not encrypted. */
  readonly tls?: TlsFiles | undefined;
  readonly channelOptions?: ChannelOptions;
}

/** One gRPC channel per address, made at first use. */
export class Channels {
  private readonly channels = new Map<string, Channel>();

  private readonly options: ChannelOptions;
  private credentials: ChannelCredentials = credentials.createInsecure();
  private readonly stop: () => void = () => undefined;

  constructor({ service, tls, channelOptions }: ChannelsOptions) {
    this.options = { ...DEFAULTS, ...channelOptions };
    if (tls === undefined) return;
    this.options['grpc.ssl_target_name_override'] = service;
    this.credentials = credentials.createFromSecureContext(createSecureContext(tls.options));
    this.stop = tls.keepUpToDate((contents) => {
      this.credentials = credentials.createFromSecureContext(createSecureContext(contents));
      this.retain(new Set());
    });
  }

  /** Call `release` when done with it. */
  use(address: string): { readonly client: Client; release(): void } {
    let channel = this.channels.get(address);
    if (channel === undefined) {
      const client = new Client(address, this.credentials, this.options);
      channel = { client, users: 0, retired: false };
      this.channels.set(address, channel);
    }
    const used = channel;
    used.users += 1;
    return {
      client: used.client,
      release: () => {
        used.users -= 1;
        closeUnused(used);
      },
    };
  }

  /** Closes all others, each when its last user has released it. */
  retain(addresses: ReadonlySet<string>): void {
    for (const [address, channel] of this.channels) {
      if (addresses.has(address)) continue;
      this.channels.delete(address);
      channel.retired = true;
      closeUnused(channel);
    }
  }

  /** No channel is used after that. */
  close(): void {
    this.stop();
    this.retain(new Set());
  }
}

function closeUnused({ client, users, retired }: Channel): void {
  if (retired && users === 0) client.close();
}

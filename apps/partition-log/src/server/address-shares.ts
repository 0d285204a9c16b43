import { ByteBudget, type Reservation } from '@tally/resilience';

/** Of the room for all, what clients of one address may hold: one of them cannot take it from the others. */
const SHARE = 1 / 2;

interface Share {
  sockets: number;
  readonly requests: ByteBudget;
  readonly answers: ByteBudget;
}

export interface SharesOptions {
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
  readonly maxRequestBytes: number;
  readonly maxAnswerBytes: number;
  readonly onWait: (what: 'request' | 'answer') => void;
}

/** What clients hold of this server, altogether and by address: sockets, requests, answers. */
export class AddressShares {
  readonly requests: ByteBudget;
  readonly answers: ByteBudget;
  private readonly shares = new Map<string, Share>();
  private sockets = 0;

  constructor(private readonly options: SharesOptions) {
    const { maxRequestBytes, maxAnswerBytes, onWait } = options;
    this.requests = new ByteBudget(maxRequestBytes, () => onWait('request'));
    this.answers = new ByteBudget(maxAnswerBytes, () => onWait('answer'));
  }

  /** Takes a socket, or says why not. */
  takeSocket(address: string): 'taken' | 'too many connections' | 'too many of one address' {
    const { maxSockets, maxSocketsPerAddress } = this.options;
    if (this.sockets >= maxSockets) return 'too many connections';
    const share = this.shares.get(address) ?? this.newShare();
    if (share.sockets >= maxSocketsPerAddress) return 'too many of one address';
    share.sockets += 1;
    this.sockets += 1;
    this.shares.set(address, share);
    return 'taken';
  }

  giveSocketBack(address: string): void {
    const share = this.shares.get(address);
    if (share === undefined) return;
    this.sockets -= 1;
    share.sockets -= 1;
    if (share.sockets === 0) this.shares.delete(address);
  }

  /** First the share of the address, then that of all: who waits for the first holds nothing of the second. */
  async reserve(
    what: 'requests' | 'answers',
    address: string,
    bytes: number,
  ): Promise<Reservation> {
    const own = await this.shares.get(address)?.[what].reserve(bytes);
    const all = await this[what].reserve(bytes);
    return {
      release: () => {
        own?.release();
        all.release();
      },
    };
  }

  private newShare(): Share {
    const { maxRequestBytes, maxAnswerBytes, onWait } = this.options;
    return {
      sockets: 0,
      requests: new ByteBudget(maxRequestBytes * SHARE, () => onWait('request')),
      answers: new ByteBudget(maxAnswerBytes * SHARE, () => onWait('answer')),
    };
  }
}

import type { Socket } from 'node:net';
import { FrameSplitter, MalformedFrame } from '@tally/kafka-wire';
import type { Reservation } from '@tally/resilience';
import type { Authentication } from '../security/authentication.js';
import { ExpiredSession, UnanswerableRequest, type RequestRouter } from './request-router.js';
import { whenSent } from './when-sent.js';

/** Of a request before the client has authenticated: none of them needs more. */
const MAX_BYTES_BEFORE_AUTHENTICATION = 65_536;
/** What a client that was told to go may still send, and for how long, so that it sees the answer. */
const FAREWELL_BYTES = 65_536;
const FAREWELL_MS = 1000;

/**
 * - `reading`: requests are taken.
 * - `draining`: no more are taken; those that were taken are answered. What comes is left in the socket.
 * - `refused`: the client was told that it has to go. What still comes is thrown away.
 * - `closed`: nobody is there any more.
 */
type Phase = 'reading' | 'draining' | 'refused' | 'closed';

export interface ConnectionOptions {
  readonly router: RequestRouter;
  readonly authentication: Authentication;
  readonly maxRequestBytes: number;
  /** Appends that are on their way at once; further ones wait in the socket. */
  readonly maxAppendsInFlight: number;
  /** Waits for room: for a request from its first byte to its answer, for an answer until it is sent. */
  readonly reserve: (what: 'requests' | 'answers', bytes: number) => Promise<Reservation>;
  /** How long a client may take to send a request that it began, or to take an answer. */
  readonly transferTimeoutMs: number;
  /** How long a client may say nothing. */
  readonly idleTimeoutMs: number;
  /** Why a connection was ended by this side. */
  readonly onRefused: (kind: 'protocol' | 'session', reason: string) => void;
}

/**
 * One client. Requests are answered in the order in which they came. They run one after the other,
 * except appends, which run side by side so that they share a commit. Bytes are read only when
 * there is room for the request that they belong to.
 */
export class Connection {
  private readonly splitter: FrameSplitter;
  private readonly authenticating: NodeJS.Timeout | undefined;
  private readonly gone = new AbortController();
  private readonly clientHost: string;
  private reservation: Reservation | undefined;
  private receiving: NodeJS.Timeout | undefined;
  private pumping = false;
  private phase: Phase = 'reading';
  private afterRefusalBytes = 0;
  private overlapping = 0;
  private answers: Promise<void> = Promise.resolve();

  constructor(
    private readonly socket: Socket,
    private readonly options: ConnectionOptions,
  ) {
    const { maxRequestBytes, authentication, transferTimeoutMs } = options;
    this.splitter = new FrameSplitter(maxRequestBytes);
    if (authentication.standing === 'stranger') {
      this.splitter.maxFrameBytes = Math.min(maxRequestBytes, MAX_BYTES_BEFORE_AUTHENTICATION);
      const late = () => this.refuse('the client did not authenticate in time');
      this.authenticating = setTimeout(late, transferTimeoutMs);
    }
    this.clientHost = socket.remoteAddress ?? '';
    socket.setNoDelay(true);
    socket.setTimeout(options.idleTimeoutMs, () => this.refuse('idle'));
    // What went wrong with a socket is its client's business; `close` follows.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    // The client sends no more; it gets the answers that it waits for.
    socket.on('end', () => void this.drain());
    socket.on('close', () => {
      clearTimeout(this.receiving);
      clearTimeout(this.authenticating);
      this.phase = 'closed';
      this.gone.abort();
      this.reservation?.release();
    });
  }

  /** Reads no more, answers what was asked, and ends. Those who wait for records get what there is. */
  async drain(): Promise<void> {
    if (this.phase === 'reading') {
      this.phase = 'draining';
      this.socket.pause();
    }
    this.gone.abort();
    clearTimeout(this.receiving);
    this.reservation?.release();
    await this.answers;
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    switch (this.phase) {
      case 'reading':
        this.splitter.push(chunk);
        void this.pump();
        return;
      case 'refused':
        this.afterRefusalBytes += chunk.length;
        if (this.afterRefusalBytes > FAREWELL_BYTES) this.socket.destroy();
        return;
      case 'draining':
      case 'closed':
    }
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    this.socket.pause();
    try {
      while (this.phase === 'reading' && (await this.next()));
    } catch (error) {
      if (error instanceof ExpiredSession) await this.endSession(error.message);
      else if (error instanceof MalformedFrame) this.refuse(error.message);
      else throw error;
    } finally {
      this.pumping = false;
      if (this.phase === 'reading' || this.phase === 'refused') this.socket.resume();
    }
  }

  /** Handles the next frame; false while it has not arrived. */
  private async next(): Promise<boolean> {
    const length = this.splitter.nextLength;
    if (length === undefined) return false;
    if (this.reservation === undefined) {
      const reservation = await this.options.reserve('requests', length);
      if (this.phase !== 'reading') {
        reservation.release();
        return false;
      }
      this.reservation = reservation;
    }
    const frame = this.splitter.next();
    if (frame === undefined) {
      this.receiving ??= setTimeout(
        () => this.refuse('a request was not sent in time'),
        this.options.transferTimeoutMs,
      );
      return false;
    }
    clearTimeout(this.receiving);
    this.receiving = undefined;
    const { reservation } = this;
    this.reservation = undefined;
    try {
      await this.handle(frame, reservation);
    } catch (error) {
      reservation.release();
      throw error;
    }
    return true;
  }

  private async handle(frame: Buffer, request: Reservation): Promise<void> {
    const { authentication } = this.options;
    const routed = this.options.router.route(frame, authentication);
    const isFull = this.overlapping >= this.options.maxAppendsInFlight;
    if (!routed.mayOverlap || isFull) await this.answers;
    const held: Reservation[] = [request];
    const answer = routed.run({
      clientHost: this.clientHost,
      authentication,
      signal: this.gone.signal,
      reserveAnswer: async (bytes) => {
        held.push(await this.options.reserve('answers', bytes));
      },
    });
    this.overlapping += 1;
    const before = this.answers;
    this.answers = (async () => {
      try {
        const [frames] = await Promise.all([answer, before]);
        if (frames !== undefined) await this.send(frames);
      } catch (error) {
        if (!(error instanceof UnanswerableRequest)) throw error;
        this.refuse(error.message);
      } finally {
        this.overlapping -= 1;
        for (const reservation of held) reservation.release();
      }
    })();
    if (!routed.mayOverlap) await this.answers;
    const { standing } = authentication;
    if (standing === 'failed') this.sendAway();
    else if (standing !== 'stranger') {
      clearTimeout(this.authenticating);
      this.splitter.maxFrameBytes = this.options.maxRequestBytes;
    }
  }

  /** Resolves when the kernel has the bytes, or the client is gone. */
  private async send(frames: readonly Buffer[]): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return;
    socket.cork();
    for (const frame of frames) socket.write(frame);
    socket.uncork();
    if (!socket.writableNeedDrain) return;
    const late = setTimeout(
      () => this.refuse('an answer was not taken in time'),
      this.options.transferTimeoutMs,
    );
    await whenSent(socket);
    clearTimeout(late);
  }

  /** What was asked in time is answered. */
  private async endSession(reason: string): Promise<void> {
    this.options.onRefused('session', reason);
    await this.answers;
    this.sendAway();
  }

  /** It was told why; an immediate end could take the answer away from it. */
  private sendAway(): void {
    if (this.phase !== 'reading') return;
    this.phase = 'refused';
    const { socket } = this;
    socket.end();
    const end = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once('close', () => clearTimeout(end));
  }

  private refuse(reason: string): void {
    if (this.socket.destroyed) return;
    this.options.onRefused('protocol', reason);
    this.socket.destroy();
  }
}

import ZooKeeper from 'zookeeper';
import type { NativeClient } from '../../src/session/native-client.js';

type Request = (done: (rc: number) => void) => number;

/** Another client of the same ZooKeeper, that has no secret; its answers are return codes. */
export class Stranger {
  private constructor(private readonly native: NativeClient) {}

  static async connect(connect: string): Promise<Stranger> {
    const native = new ZooKeeper({ connect, timeout: 20_000 }) as unknown as NativeClient;
    await new Promise<void>((resolve) => {
      native.on('connect', () => setImmediate(resolve));
      native.init({});
    });
    // Somebody else, not nobody: a secret of its own opens nothing either.
    await codeOf((done) => native.add_auth('digest', 'stranger:secret', (rc) => done(rc)));
    return new Stranger(native);
  }

  close(): void {
    this.native.close();
  }

  /** Everything but deleting. */
  async tryAll(path: string) {
    const { native } = this;
    return {
      read: await codeOf((done) => native.a_get(path, false, (rc) => done(rc))),
      list: await codeOf((done) => native.a_get_children(path, false, (rc) => done(rc))),
      write: await this.write(path),
      create: await this.createBelow(path),
      setRights: await this.take(path),
    };
  }

  write(path: string): Promise<number> {
    const forged = Buffer.from('forged');
    return codeOf((done) => this.native.a_set(path, forged, -1, (rc) => done(rc)));
  }

  createBelow(path: string): Promise<number> {
    const nothing = Buffer.alloc(0);
    return codeOf((done) => this.native.a_create(`${path}/forged`, nothing, 0, (rc) => done(rc)));
  }

  delete(path: string): Promise<number> {
    return codeOf((done) => this.native.a_delete_(path, -1, (rc) => done(rc)));
  }

  /** Sets the rights that every node has at first: it cannot be told by them that it was here. */
  openForAll(path: string): Promise<number> {
    const all = [{ perms: 31, scheme: 'world', auth: 'anyone' }];
    return codeOf((done) => this.native.a_set_acl(path, -1, all, (rc) => done(rc)));
  }

  /** Makes itself the only one with rights. */
  take(path: string): Promise<number> {
    const mine = [{ perms: 31, scheme: 'auth', auth: '' }];
    return codeOf((done) => this.native.a_set_acl(path, -1, mine, (rc) => done(rc)));
  }
}

function codeOf(request: Request): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = request((rc) => setImmediate(() => resolve(rc)));
    if (refused !== 0) reject(new Error(`the native client refused it with ${refused}`));
  });
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { claimPort } from './ports.js';
import { ServerProcess, type StartOptions } from './server-process.js';

const JAR = '/usr/share/java/zookeeper.jar';
const LOGGER_JAR = '/usr/share/java/slf4j-simple.jar';

/** A ZooKeeper that answers. */
export interface ZooKeeperServer {
  readonly process: ServerProcess;
  readonly port: number;
  /** For clients: `host:port`. */
  readonly connectString: string;
}

/** A standalone ZooKeeper of Debian's libzookeeper-java, on loopback, its data below `dir`. */
export async function startZooKeeper(
  options: StartOptions & {
    /** Session timeouts are multiples of it (2 to 20). */
    readonly tickTimeMs?: number;
  },
): Promise<ZooKeeperServer> {
  if (!existsSync(JAR)) {
    throw new Error(`ZooKeeper is missing: expected ${JAR} (Debian package libzookeeper-java)`);
  }
  const port = await claimPort(options.port);
  mkdirSync(options.dir, { recursive: true });
  const file = join(options.dir, 'zoo.cfg');
  writeFileSync(
    file,
    [
      `dataDir=${join(options.dir, 'data')}`,
      `clientPort=${port}`,
      'clientPortAddress=127.0.0.1',
      `tickTime=${options.tickTimeMs ?? 1000}`,
      'maxClientCnxns=0',
      'admin.enableServer=false',
      '4lw.commands.whitelist=srvr',
      '',
    ].join('\n'),
  );
  const classpath = [JAR, LOGGER_JAR].filter((jar) => existsSync(jar)).join(':');
  const process = new ServerProcess({
    name: 'ZooKeeper',
    command: 'java',
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      classpath,
      'org.apache.zookeeper.server.ZooKeeperServerMain',
      file,
    ],
    logFile: options.logFile ?? join(options.dir, 'zookeeper.log'),
    ready: async () => (await fourLetterWord(port, 'srvr')).includes('Mode:'),
  });
  options.onProcess?.(process);
  await process.start();
  return { process, port, connectString: `127.0.0.1:${port}` };
}

/** One of ZooKeeper's four-letter commands, e.g. `srvr`. */
function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2000 });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(word));
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('timeout', () => socket.destroy(new Error('no answer within 2000 ms')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

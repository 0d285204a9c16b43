// A writer of its own that can be stopped: appends what it is sent, and says what the log answered.
import { AppendClient } from '@tally/log-client';

const [, , broker, topic] = process.argv;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const kafka = { brokers: [broker], clientId: 'writer', requestTimeoutMs: 500 };
const client = new AppendClient(kafka, silent);

/** Answers when the log did. */
async function append(base64) {
  const record = { partition: 0, value: Buffer.from(base64, 'base64') };
  try {
    const [{ appendMs }] = await client.append(topic, [record], {});
    process.send({ appendMs });
  } catch (error) {
    process.send({ failure: error.message });
  }
}

process.on('message', (base64) => void append(base64));

/** A message must fit its field, which has 32 767 bytes, however long a text a client has sent. */
const MAX_LENGTH = 100;

/** What a client has sent, as a message names it. */
export function inMessage(text: string): string {
  return text.slice(0, MAX_LENGTH);
}

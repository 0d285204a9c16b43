import { formatCredentials, parseCredentials } from '@tally/kafka-wire';

/** The text of a file of users with another password for one of them, who may be new. */
export async function withUser(text: string, user: string, password: string): Promise<string> {
  return withoutUser(text, user) + (await formatCredentials(user, password));
}

/** The text without a user; unchanged where there is no such user. Throws where it is no file of users. */
export function withoutUser(text: string, user: string): string {
  parseCredentials(text);
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return whole
    .split('\n')
    .filter((line) => !line.startsWith(`${user} `))
    .join('\n');
}

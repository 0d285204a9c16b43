const CLOSE_AND_BECOME =
  'for file in /proc/$$/fd/*; do file=${file##*/}; ((file < 3)) || eval "exec $file>&-"; done; exec -a "$0" "$@"';

/**
 * The command line by which a child runs `command` with no open files but its standard ones. The native
 * ZooKeeper client opens its sockets to be inherited: where a child keeps one open, the kernel goes on
 * telling of it under a number that this process has given to another socket since (epoll(7), "Will
 * closing a file descriptor cause it to be removed from all epoll interest lists?"), and the session
 * that has it cannot connect.
 *
 * @param argv0 What the program sees as its name.
 */
export function withoutOurFiles(
  command: string,
  args: readonly string[],
  argv0 = command,
): readonly [command: string, args: string[]] {
  return ['bash', ['-c', CLOSE_AND_BECOME, argv0, command, ...args]];
}

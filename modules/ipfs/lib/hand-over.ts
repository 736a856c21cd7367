import { quote } from '../../../src/module/module.ts'

/**
 * How a folder that somebody else has made becomes its user's, as a command. The account may still have to be made: while
 * this plan fails, no task of it does so.
 */
export const handOver = (user: string, path: string, home: string): string =>
  `with the daemon stopped, on this host: \`id ${quote(user)} >/dev/null 2>&1 || useradd --system --user-group --no-create-home --home-dir ${quote(home)} --shell /usr/sbin/nologin ${quote(user)}; chown -R ${quote(`${user}:`)} ${quote(path)}\``

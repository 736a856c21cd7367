import { quote, quoted, somewhereOpen } from '../core/quote.ts'
import type { Become } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { becomes, identity } from './become.ts'
import { commandOf } from './become-command.ts'

// A program of ours gets its environment from here and from nowhere else. What sshd, PAM (/etc/environment), sudo
// (env_keep) and the files of the login shell export stays behind: `export CLUSTER_SECRET=…` in root's .bashrc is a
// setting of ipfs-cluster for whatever that login starts.

/**
 * The folders of programs that every host has, in front of what the login's PATH names besides: a program of the same
 * name in a folder of the login's hides none of the system's, and tools that are only there are found.
 */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The line that the login shell gets to run, which may be any: hence `exec /bin/sh` at once, no line breaks and single
 * quotes only. It waits for a line that is not empty and does what that says. So nothing has to be quoted for a login
 * shell, and what the login's files read of its input is empty lines.
 */
export const LOGIN_LINE = `exec /bin/sh -c 'while IFS= read -r x; do test -z "$x" || break; done; eval "$x"'`

/** Empty lines in front, for a login that asks something (`read -p "Go on?"`). */
export const ANSWERS = '\n'.repeat(64)

/**
 * Becomes its arguments, with an environment of ours. By `env -i`, which alone knows every name that is there, also what
 * no shell can unset (`BASH_FUNC_ls%%`). HOME is what the accounts say, not what a file exports. C.UTF-8 is in a folder
 * of its own, or in glibc's archive, or built in (musl); where it is not there programs would warn of it (perl). The
 * folder in /run/user is the session's: without it nobody reaches a manager of its own (`systemctl --user`). No process
 * but those it becomes: 2 ms.
 */
const giveTo = (user: string): string =>
  [
    // A tilde stands for a home only where nothing of the name is quoted.
    /^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(user) ? `h=~${user}` : 'h=$HOME',
    'case $h in /*) ;; *) h=${HOME:-/};; esac',
    somewhereOpen('$h'),
    `p=${SYSTEM_PATH}`,
    'IFS=:; set -f',
    'for d in $PATH; do case $d in /*) case :$p: in *:"$d":*) ;; *) p=$p:$d;; esac;; esac; done',
    'unset IFS; set +f',
    'l=C.UTF-8',
    'test -d /usr/lib/locale/C.utf8 || test -d /usr/lib/locale/C.UTF-8 || case $(locale -a 2>/dev/null) in *C.utf8*|*C.UTF-8*) ;; *) for d in /lib/ld-musl-*; do test -e "$d" || l=C; done;; esac',
    'r=$XDG_RUNTIME_DIR',
    'case $r in /run/user/*[!0-9]*) r=;; /run/user/?*) ;; *) r=;; esac',
    'e=/usr/bin/env; test -x "$e" || e=env',
    `u=${quote(user)}`,
    'exec "$e" -i HOME="$h" USER="$u" LOGNAME="$u" SHELL=/bin/sh PATH="$p" LANG="$l" ${r:+"XDG_RUNTIME_DIR=$r"} "$@"',
  ].join('; ')

/** The test, in sh, of being a user already: root may have another name. */
export const isAlready = (user: string): string =>
  user === 'root' ? '"$(command id -u)" = 0' : `"$(command id -un)" = ${quote(user)}`

/** Becomes another user who runs a program, unless the login user is that one by another name. */
const becomeLine = (become: Become, program: string): string => {
  const { user } = become
  // The program is words of a command line already.
  const command = `${quoted(commandOf(become, ['/bin/sh', '-c', giveTo(user), 'sh']))} ${program}`
  return `test ${isAlready(user)} || { LC_ALL=C; export LC_ALL; exec ${command}; }; `
}

/** A program that finds the agent which was forwarded to the login; root does too, who may open anybody's. */
const withAgent = ({ forwardsAgent }: Target, program: string): string =>
  forwardsAgent ? `env \${SSH_AUTH_SOCK:+"SSH_AUTH_SOCK=$SSH_AUTH_SOCK"} ${program}` : program

/**
 * What is written to a `LOGIN_LINE` to become a program as the target's identity: one line, which is a command too, should
 * a file of the login have put another shell there that reads its input. A login user who is root by another name needs
 * no sudo, and may not have it. sudo speaks English: its words are looked for.
 */
export const startLine = (target: Target, program: string): string => {
  const other = becomes(target)
  const started = withAgent(target, program)
  return `${ANSWERS}{ ${other ? becomeLine(other, started) : ''}set -- ${started}; ${giveTo(identity(target))}; }\n`
}

/** What is written to a shell that is the target's identity already, to become a program with an environment of ours. */
export const givenLine = (target: Target, program: string): string =>
  `{ set -- ${program}; ${giveTo(identity(target))}; }\n`

import type { Failure } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'

// What sudo, su and doas say when they refuse, and what to do about it.

/** What mends a refusal: something to do; or a line of the method's own file, which `line` gives. */
type Cure = { todo: string } | { line: string; before?: string }
type Refused = { target: Target; become: Become }
type Cause = [words: RegExp, cure: (refused: Refused) => Cure]

const GIVE = '--ask-become-pass (-K), --become-password-file or ansible_become_password'

/** Whose password a method asks for. */
const whose = ({ target, become }: Refused): string => (become.method === 'su' ? become.user : target.user)

const noUser: Cause = [
  /unknown (user|uid|id)|user \S+ does not exist|no passwd entry|no such user/i,
  ({ become: { user } }) => ({
    todo: `there is no user ${user} there: correct become_user, or let a task before it make the user`,
  }),
]
const expired: Cause = [
  /expired|no longer valid|account validation|account management|account is locked/i,
  ({ target: { user } }) => ({
    todo: `as root there: \`chage -l ${user}\` and \`passwd -S ${user}\` say what keeps it out`,
  }),
]
const noNewPrivileges: Cause = [
  /no new privileges/i,
  () => ({ todo: 'sshd runs there with NoNewPrivileges, as in a container: allow it, or log in as root' }),
]
const notSetuid = (program: string): Cure => ({
  todo: `as root there: chown root:root ${program} && chmod 4755 ${program}, on a file system mounted without nosuid`,
})
const noScript: Cause = [
  /there is no script here/,
  ({ target: { user }, become }) => ({
    todo: `${become.method} wants a terminal, which \`script\` makes there: install it (util-linux, bsdutils)${become.method === 'sudo' ? `, or write into sudoers: Defaults:${user} !requiretty` : ''}`,
  }),
]

/** The line of sudoers that lets a user become another. */
const sudoersLine = ({ target, become }: Refused): string =>
  `${target.user} ALL=(${become.user === 'root' ? 'ALL' : become.user}) ${become.password === undefined ? 'NOPASSWD: ' : ''}ALL`
const doasLine = ({ target, become }: Refused): string =>
  `permit ${become.password === undefined ? 'nopass ' : ''}${target.user} as ${become.user}`

const SUDO: Cause[] = [
  [/must have a tty/, ({ target: { user } }) => ({ line: `Defaults:${user} !requiretty` })],
  noScript,
  [
    /password is required|required to read the password|no tty present/,
    refused => ({ before: `give the password of ${whose(refused)} by ${GIVE}; or, `, line: sudoersLine(refused) }),
  ],
  [
    /not found|No such file.*sudo|not executable/i,
    ({ become }) => ({
      todo:
        become.exe === undefined
          ? 'install sudo there, or log in as root (ansible_user: root)'
          : `there is no ${become.exe} there: correct become_exe`,
    }),
  ],
  [/setuid|nosuid|effective uid is not 0/, () => notSetuid('/usr/bin/sudo')],
  noNewPrivileges,
  [
    /(syntax|parse) error|no valid sudoers|is (owned by|world writable|group writable|mode)|unable to open .*sudoers/,
    () => ({ todo: 'as root there: `visudo -c` says what is wrong with /etc/sudoers and the files in /etc/sudoers.d' }),
  ],
  expired,
  noUser,
  [
    /usage: sudo|invalid option|unrecognized option|not allowed to preserve|may not specify/i,
    () => ({ todo: 'take out of become_flags what sudo does not take there' }),
  ],
  [
    /not allowed to execute|may not run|not permitted/,
    refused => ({
      before: `\`sudo -l\` there lists what ${refused.target.user} may run, and as whom: /bin/sh as ${refused.become.user} is wanted. `,
      line: sudoersLine(refused),
    }),
  ],
]

const SU: Cause[] = [
  noScript,
  [/not found|No such file/i, () => ({ todo: 'install su there (util-linux), or use become_method: sudo' })],
  [
    /permission denied/i,
    ({ target: { user } }) => ({
      todo: `pam_wheel in /etc/pam.d/su there lets only members of a group: as root, usermod -aG wheel ${user} (on Debian the group sudo); or use become_method: sudo`,
    }),
  ],
  noUser,
  expired,
  noNewPrivileges,
  [/setuid|nosuid|effective root|must be suid/i, () => notSetuid('/bin/su')],
  [
    /not available|nologin/i,
    ({ become: { user } }) => ({
      todo: `the account ${user} has no login shell that su takes: become root, or use become_method: sudo`,
    }),
  ],
  [/must be run from a terminal/, () => ({ todo: 'install `script` there (bsdutils), or use become_method: sudo' })],
]

const DOAS: Cause[] = [
  noScript,
  [
    /not enabled|doas\.conf: No such file/i,
    refused => ({ todo: `as root there, make /etc/doas.conf with this line:\n${doasLine(refused)}` }),
  ],
  [/not found|No such file/i, () => ({ todo: 'install doas there, or use become_method: sudo' })],
  [
    /(authorization|authentication|password) (is )?required|tty is required/i,
    refused => ({ before: `give the password of ${whose(refused)} by ${GIVE}; or, `, line: doasLine(refused) }),
  ],
  noUser,
  expired,
  noNewPrivileges,
  [/setuid/i, () => notSetuid('/usr/bin/doas')],
  [/syntax error|doas\.conf/i, () => ({ todo: 'as root there: `doas -C /etc/doas.conf` says what is wrong with it' })],
]

const CAUSES: Record<Become['method'], Cause[]> = { sudo: SUDO, su: SU, doas: DOAS }

/** A warning that sudo gives on the way. */
const isWarning = (line: string): boolean => /^sudo: unable to resolve host/.test(line)

/** The words of a method, or a shell's about it; a greeting that only speaks of it is none of them. */
const OWN: Record<Become['method'], RegExp> = {
  sudo: /^(\S*\/)?sudo(-rs)?: |sudo: (command )?not found|sudoers|^Sorry, user .*(not allowed|may not run)|^runbook: /,
  su: /^(\S*\/)?su: |su: (command )?not found|^This account is|^runbook: /,
  doas: /^(\S*\/)?doas: |doas: (command )?not found|^runbook: /,
}

const isOwn = ({ method, exe }: Become, line: string): boolean =>
  !isWarning(line) && (OWN[method].test(line) || (exe !== undefined && line.includes(`${exe.split(/\s+/)[0]}: `)))

/** Lines as they are told: sudo repeats the whole command that it refuses, which says no more than that it is a shell. */
const linesIn = (said: string): string[] =>
  said.split('\n').map(line => line.trim().replace(/'\/bin\/sh -c .*' as /, "'/bin/sh' as "))

/** Whether what was printed holds words of who refuses. */
export const isRefusal = (become: Become, said: string): boolean => linesIn(said).some(line => isOwn(become, line))

const cannot = ({ target, become }: Refused): string => `${target.user} cannot become ${become.user} on ${target.name}`

const FILES: Record<Become['method'], (user: string) => string> = {
  sudo: user => `/etc/sudoers.d/${user}`,
  doas: () => '/etc/doas.conf',
  su: () => '/etc/pam.d/su',
}

/** What to do by default: to write the line that allows it. su has no file of that kind. */
const otherwise = (refused: Refused): Cure => {
  const { method } = refused.become
  if (method === 'su') return { todo: 'try `su` there by hand; or use become_method: sudo' }
  return { line: method === 'sudo' ? sudoersLine(refused) : doasLine(refused) }
}

/** The failure where a method refuses. `said` is what was printed until then. */
export const becomeFailure = (target: Target, become: Become, said: string): Failure => {
  const refused = { target, become }
  const { method } = become
  const lines = linesIn(said)
  const own = lines.filter(line => isOwn(become, line))
  const [, cure = otherwise] = CAUSES[method].find(([words]) => own.some(line => words.test(line))) ?? []
  const found = cure(refused)
  const file = FILES[method](target.user)
  return {
    reason: 'host-become',
    what: cannot(refused),
    why: own.at(-1) || lines.filter(text => text !== '' && !isWarning(text)).at(-1) || `${method} ended without a word`,
    fix:
      'todo' in found
        ? found.todo
        : `${found.before ?? ''}as root on ${target.name}, write this line to ${file}, or log in as root:\n${found.line}`,
  }
}

/** Words by which a method says that a password is wrong. */
export const isWrongPassword = (said: string): boolean =>
  /incorrect password|sorry, try again|authentication fail|^sorry\.?$|incorrect authentication/im.test(said)

/** The failure of a password that is not the right one. */
export const wrongPassword = (target: Target, become: Become): Failure => {
  const refused = { target, become }
  return {
    reason: 'host-become',
    what: cannot(refused),
    why: `the password is wrong, says ${become.method}; it was tried once and no more, since accounts lock`,
    fix: `give the password of ${whose(refused)} on ${target.name} by ${GIVE}`,
  }
}

/** The failure where nothing that is known is asked for, and nothing begins. */
export const otherQuestion = (target: Target, become: Become, seconds: number, said: string): Failure => ({
  reason: 'host-become',
  what: cannot({ target, become }),
  why: `${become.method} has begun nothing in ${seconds} s; it has said: ${linesIn(said).findLast(line => line !== '') ?? 'nothing'}`,
  fix: `\`ssh ${target.user}@${target.host}\` and ${become.method} by hand say what it waits for: only a password can be given, no second factor`,
})

/** The failure where a password is asked for and there is none. */
export const passwordWanted = (target: Target, become: Become): Failure => {
  const refused = { target, become }
  return {
    reason: 'host-become',
    what: cannot(refused),
    why: `${become.method} asks for the password of ${whose(refused)}, and none was given`,
    fix: `give it by ${GIVE}`,
  }
}

import { ADMIN, type BaseName } from './base.ts'

/** A file that a host has besides what its base has. `path` may hold bytes that are no text. */
export type KindFile = { path: string | Buffer; text: string; mode?: number; owner?: number }

/** What a host of a lab is made of, and how its disk differs from the base. */
export type HostKind = {
  about: string
  /** Which base its disk lies over: see base.ts. */
  base: BaseName
  /** Who logs in, by the inventory; root if left out. */
  user?: string
  /** Further users, with numbers from 1001 and no home: a kind makes one, or does not. */
  users?: string[]
  /** Login shell of root and of the plain user. */
  shell?: string
  files?: KindFile[]
  /** Its keys lie where sshd looks besides, for homes that may not hold any. */
  sharedKeys?: true
  /** What is run at boot, as root. */
  boot?: string
}

/** The password of the plain user where there is one (kind `sudo`); its hash as /etc/shadow has it. */
export const ADMIN_PASSWORD = 'secret-of-admin'
const ADMIN_HASH =
  '$6$runbooklab$cgrqlV2DE95X.I3tYaF5jSsq9XKUYCX.SqyIBorQ8U62OMrSI0SLtLWEQOd/d3nRYPtc31ormoWa1fZz8M/Ix.'

/** Keys of those whose home may not hold any: the same for all, where sshd looks besides. */
export const SHARED_KEYS = '/etc/ssh/lab_keys'

const sshd = (text: string): KindFile => ({ path: '/etc/ssh/sshd_config.d/kind.conf', text })
const sudoers = (users: string[]): KindFile => ({
  path: '/etc/sudoers.d/kind',
  text: users.map(user => `${user} ALL=(ALL:ALL) NOPASSWD: ALL\n`).join(''),
  mode: 0o440,
})

/** What login files print and set that nobody expects. */
const NOISE = `echo "Welcome to $(hostname)"; echo 'a warning nobody reads' >&2
alias ls='ls --color=always' rm='rm -i' cd='echo no' test=false echo='printf noise'
set -u; set -o noclobber; umask 0
export LC_ALL=de_DE.UTF-8 GREP_OPTIONS=--color=always CDPATH=/ ENV=/nowhere
read -t 1 answer
`

export const KINDS = {
  debian: { about: 'Debian 12 with OpenSSH, sudo and bash', base: 'bookworm' },
  bullseye: { about: 'Debian 11', base: 'bullseye' },
  trixie: { about: 'Debian 13', base: 'trixie' },
  busybox: {
    about: 'BusyBox and Dropbear and nothing else: no GNU tools, no systemd, no bash, no sudo',
    base: 'busybox',
  },
  fish: { about: 'root and admin log in with fish', base: 'shells', shell: '/usr/bin/fish' },
  csh: { about: 'root and admin log in with tcsh', base: 'shells', shell: '/usr/bin/tcsh' },
  noisy: {
    about: 'files of the login print, ask, set aliases and options, and become another shell; so does /etc/ssh/sshrc',
    base: 'bookworm',
    files: [
      { path: '/root/.bashrc', text: NOISE },
      { path: `/home/${ADMIN.name}/.bashrc`, text: `${NOISE}exec bash --norc\n`, owner: ADMIN.id },
      { path: '/etc/ssh/sshrc', text: 'echo sshrc speaks; echo sshrc warns >&2\n' },
    ],
  },
  sudo: {
    about: `admin logs in and has sudo with a password, ${ADMIN_PASSWORD}`,
    base: 'bookworm',
    user: ADMIN.name,
    files: [{ path: `/etc/sudoers.d/${ADMIN.name}`, text: `${ADMIN.name} ALL=(ALL:ALL) ALL\n`, mode: 0o440 }],
    boot: `usermod -p '${ADMIN_HASH}' ${ADMIN.name}`,
  },
  homes: {
    about: 'users noexec, readonly and homeless, whose homes are mounted so or are missing',
    base: 'bookworm',
    users: ['noexec', 'readonly', 'homeless'],
    sharedKeys: true,
    files: [
      sshd(`AuthorizedKeysFile .ssh/authorized_keys ${SHARED_KEYS}\n`),
      sudoers(['noexec', 'readonly', 'homeless']),
    ],
    boot: `mkdir -p /home/noexec /home/readonly
mount -t tmpfs -o noexec,mode=700,uid=1001,gid=1001 tmpfs /home/noexec
mount -t tmpfs -o ro,mode=700,uid=1002,gid=1002 tmpfs /home/readonly`,
  },
  full: {
    about: 'no room on /srv, /tmp, /var/tmp, /root and /home',
    base: 'bookworm',
    sharedKeys: true,
    files: [sshd(`AuthorizedKeysFile .ssh/authorized_keys ${SHARED_KEYS}\n`)],
    boot: `for d in /srv /tmp /var/tmp /root /home; do
mount -t tmpfs -o size=64k,mode=1777 tmpfs $d; dd if=/dev/zero of=$d/all bs=4k 2>/dev/null; done; :`,
  },
  sessions: {
    about: 'MaxSessions 1 for root and 2 for admin, MaxStartups 1, no sftp',
    base: 'bookworm',
    files: [
      {
        path: '/etc/ssh/sshd_config',
        text: `PermitRootLogin prohibit-password
UsePAM yes
UseDNS no
MaxStartups 1
MaxSessions 1
Match User ${ADMIN.name}
  MaxSessions 2
`,
      },
    ],
  },
  latin: {
    about: 'the language C, and names in no encoding in /srv/latin',
    base: 'bookworm',
    files: [
      { path: '/etc/default/locale', text: 'LANG=C\nLC_ALL=C\n' },
      { path: '/etc/environment', text: 'LANG=C\nLC_ALL=C\n' },
      { path: Buffer.from('/srv/latin/caf\xe9', 'latin1'), text: 'latin\n' },
      { path: Buffer.from('/srv/latin/\xff\xfe', 'latin1'), text: 'none\n' },
    ],
    boot: 'rm -rf /usr/lib/locale/C.utf8',
  },
} as const satisfies Record<string, HostKind>

export type KindName = keyof typeof KINDS
export const kindNames = Object.keys(KINDS) as KindName[]
export const hostKind = (name: KindName): HostKind => KINDS[name]

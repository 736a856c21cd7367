import { program, type Query, quote, quoted } from '../../../src/module/module.ts'
import { unitMark } from './earlier-units.ts'
import { secretDigest, swarmKeyReader } from './key-readers.ts'

// What a host has of kubo and ipfs-cluster, whoever put it there. One script, which only looks: files are read by grep
// and sed, daemons by what /proc shows of them. Nothing is started but, for its pins, the program of a daemon that runs
// already, as the user it runs as.

/** Which of the two programs. */
export type Kind = 'kubo' | 'cluster'

/** A unit file that mentions ipfs, or a script of SysV's. */
export type UnitFound = {
  file: string
  text: string
  /** What its drop-ins say, one behind the other. */
  dropIns: string
  /** What systemd says, where it was asked: of units that are not at the places asked for, and of those without mark. */
  active: string
  enabled: string
}

/** A daemon that runs, seen from outside. */
export type DaemonFound = {
  pid: string
  kind: Kind
  /** The program's file; empty where who looks may not see it. */
  exe: string
  user: string
  /** IPFS_PATH or IPFS_CLUSTER_PATH, as it was given, else by its home; empty where that cannot be seen. */
  repo: string
  /** The unit it belongs to: `ipfs.service`, or the file of one that runbook's own manager runs; empty: none. */
  unit: string
  /** It sees another root folder: it runs in a container. */
  isContained: boolean
}

/** A folder of one of the two programs, or what is left of one. */
export type RepoFound = {
  path: string
  kind: Kind
  owner: string
  /** The peer id in its configuration; empty: there is none. */
  id: string
  /** Digest of the swarm key or of the cluster secret; empty: there is none, or it is no key. Never the key. */
  print: string
  /** How many pins a running kubo counts; undefined: it does not run, and nothing is started to ask. */
  pins: number | undefined
}

export type Existing = {
  units: UnitFound[]
  daemons: DaemonFound[]
  /** All but those at the paths asked for. */
  repos: RepoFound[]
  /** Which of the paths asked for hold a repo, or what is left of one. */
  there: Kind[]
  /** Accounts of the host itself that have a home that is there. */
  homes: { user: string; home: string }[]
  /** TCP ports that something listens at, where a repo or a daemon was found besides. */
  ports: number[]
  /** Programs in `bin_dir` that are none of those which runbook has put beside it. */
  programs: string[]
}

/** What is to be made: the paths that are asked for. */
export type Asked = {
  path: string
  cluster_path: string
  bin_dir: string
  /** The files of its two units: kubo's, ipfs-cluster's. */
  units: string[]
}

/** Where systemd has units of the machine and of its users; those in a home are added. */
const unitFolders =
  '/etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system $lib /etc/systemd/user /usr/local/lib/systemd/user /usr/lib/systemd/user'
/** The last one is what runbook's own manager has where everything is done without root. */
const homeFolders = '.config/systemd/user .local/share/systemd/user .local/share/services'
/** Files that set variables for services and for logins. */
const settingFiles = '/etc/environment /etc/profile /etc/default/*ipfs* /etc/sysconfig/*ipfs* /etc/profile.d/*.sh'
const loginFiles = '.profile .bashrc .bash_profile .bash_login .zshrc .zshenv'
/** Where guides and packages put repos that nothing else may tell of while they do not run. */
const usualRepos =
  '/var/lib/ipfs /var/lib/ipfs/.ipfs /var/lib/ipfs-cluster /var/lib/kubo /var/snap/ipfs/common /srv/ipfs /srv/ipfs-cluster /data/ipfs /data/ipfs-cluster /opt/ipfs /opt/ipfs-cluster'

/** Accounts come from /etc/passwd alone: a directory service may have thousands. By the shell itself. */
const homes = `homes=; printf 'homes\\0'; while IFS=: read -r name _ _ _ _ home _; do
case $home in ''|/|/nonexistent|/dev*|/proc*|/bin|/sbin|/usr/sbin|/usr/bin|/run*) continue;; esac
[ -d "$home" ] || continue
printf '%s:%s\\n' "$name" "$home"; case "
$homes" in *"
$home
"*) ;; *) homes="$homes$home
";; esac
done </etc/passwd; printf '\\0'`

/**
 * Unit files by what is in them, whatever they are called. What carries the mark and lies where it should is not asked
 * about again: a host that is as it should be costs no look at systemd.
 */
const units = ({ units }: Asked): string => `lib=/lib/systemd/system; [ $lib -ef /usr/lib/systemd/system ] && lib=
set -- ${quoted(units)}; for d in ${unitFolders}; do set -- "$@" "$d"/*.service; done
for h in $homes; do for d in ${homeFolders}; do set -- "$@" "$h/$d"/*.service; done; done
found=$(grep -ls ipfs -- "$@" /etc/init.d/*ipfs* /etc/init.d/*kubo*); asked=; seen=
for f in $found; do case "
$seen" in *"
$f
"*) continue;; esac; seen="$seen$f
"; text=; while IFS= read -r l || [ -n "$l" ]; do text="$text$l
"; done <"$f"
printf 'unit\\0%s\\0%s\\0' "$f" "$text"; for d in "$f".d/*.conf; do [ -f "$d" ] && { cat -- "$d"; echo; }; done; printf '\\0'
case "$f
$text" in ${units.map(one => `${quote(one)}*${quote(unitMark)}*`).join('|')}) continue;; */systemd/user/*|*@.service) continue;;
/etc/systemd/*|*/lib/systemd/*|/run/systemd/*|/etc/init.d/*) f=\${f##*/}; asked="$asked\${f%.service}.service
";; esac; done
[ -z "$asked" ] || [ ! -d /run/systemd/system ] || { printf 'states\\0'; systemctl show -p Id,ActiveState,UnitFileState -- $asked 2>/dev/null; printf '\\0'; }`

/**
 * Daemons: first who may be one by the words it was started with, then what /proc shows of those. Of the environment
 * only what says where the repo is.
 */
const daemons = `pids= of= exes= groups= environs= words=; for p in $(grep -lszE '(^|/)(go-)?(ipfs|kubo)[^/]*$' /proc/[0-9]*/cmdline); do p=\${p%/cmdline}
pids="$pids$p
" of="$of$p/cmdline
" exes="$exes$p/exe
" groups="$groups$p/cgroup
" environs="$environs$p/environ
"; [ -r $p/environ ] && [ ! $p/root -ef / ] && printf 'contained\\0%s\\0' "\${p#/proc/}"
while read -r k; do case $k in PPid:*) k=\${k##*[!0-9]}; of="$of/proc/$k/cmdline
"; printf 'parent\\0%s %s\\0' "\${p#/proc/}" "$k"; break;; esac; done <$p/status; done 2>/dev/null
[ -z "$pids" ] || { printf 'exes\\0'; stat -c '%U %N' $exes 2>/dev/null; groups=$(grep -sH service $groups)
words=$({ grep -zsaH '' $of; grep -zsaHE '^(IPFS_PATH|IPFS_CLUSTER_PATH|HOME)=' $environs; } | tr '\\0' '\\n'); printf '\\0groups\\0%s\\0words\\0%s\\0' "$groups" "$words"; }`

/** Where a repo may be: homes, the usual places, and whatever units, logins and running daemons name. */
const places = `v=$(set --; for h in $homes; do for f in ${loginFiles}; do set -- "$@" "$h/$f"; done; done; for f in $seen; do set -- "$@" "$f" "$f".d/*.conf; done
sed -n -e '/^ *#/d' -e 's/.*IPFS_\\(CLUSTER_\\)\\{0,1\\}PATH="\\{0,1\\}\\([^"'"'"' ;]*\\).*/\\2/p' -e 's/.*ipfs.* --\\{0,1\\}\\(config\\|c\\|repo-dir\\)[ =]"\\{0,1\\}\\([^" ]*\\).*/\\2/p' -- ${settingFiles} "$@" 2>/dev/null)
at=; for h in $homes; do at="$at$h
$h/.ipfs
$h/.ipfs-cluster
$h/snap/ipfs/common
"; for one in $v; do case $one in '~/'*|'%h/'*|'$HOME/'*|'\${HOME}/'*) at="$at$h/\${one#*/}
";; esac; done; done
w=; for one in $words; do case $one in */environ:HOME=*) one=\${one#*=}; at="$at$one/.ipfs
$one/.ipfs-cluster
"; continue;; */environ:*) at="$at\${one#*=}
"; continue;; esac; one=\${one#*:}; case $w$one in -c/*|--config/*|--repo-dir/*|-config/*) at="$at$one
";; --config=/*|--repo-dir=/*|-c=/*) at="$at\${one#*=}
";; esac; w=$one; done`

/** Of each place what it is. Of those asked for only whether they are there, since others look into them. */
const repos = ({
  path,
  cluster_path,
}: Asked): string => `${swarmKeyReader}${secretDigest}own=${quote(path)} cluster=${quote(cluster_path)}
kind() { kind=; if [ -e "$1/service.json" ] || [ -e "$1/identity.json" ]; then kind=cluster
elif [ -e "$1/datastore_spec" ] || [ -e "$1/swarm.key" ]; then kind=kubo
elif [ -f "$1/config" ]; then case $1 in *ipfs*|*kubo*) kind=kubo;; esac; fi; [ -n "$kind" ]; }
for p in "$own" "$cluster"; do kind "$p" && printf 'there\\0%s\\0' $kind; done
set --; for p in $at$v ${usualRepos}; do p=\${p%/}; case $p in /*) ;; *) continue;; esac
[ -d "$p" ] && kind "$p" || continue; [ "$p" -ef "$own" ] || [ "$p" -ef "$cluster" ] && continue
for q; do [ "$p" -ef "$q" ] && continue 2; done; set -- "$@" "$p"; done
for p; do kind "$p"; f=$p/swarm.key print=; if [ $kind = cluster ]; then f=$p/service.json print=$(secret)
elif [ -r "$f" ]; then print=$(key); [ \${#print} -eq 64 ] && print=$(printf %s "$print" | sha256sum); fi
printf 'repo\\0%s\\0%s\\0%s\\0' "$p" $kind "\${print%% *}"; done
[ $# -eq 0 ] || { printf 'ids\\0'; grep -sHoE '"(PeerID|id)": *"[^"]*"' $(printf '%s/config\\n' "$@"; printf '%s/identity.json\\n' "$@"); printf '\\0owners\\0'; stat -c '%U %n' -- "$@"; printf '\\0'; }`

/** Pins are asked of a running kubo by its own program, which talks to its API alone, as the user it runs as. */
const pins = `for p in $pids; do r= h=; for one in $words; do case $one in $p/environ:IPFS_PATH=*) r=\${one#*=};; $p/environ:HOME=*) h=\${one#*=};; esac; done
r=\${r:-$h/.ipfs}; [ -r "$r/api" ] && [ $p/root -ef / ] && [ ! "$r" -ef "$own" ] || continue
exe=$(readlink $p/exe); case \${exe##*/} in ipfs|kubo|go-ipfs) ;; *) continue;; esac
as=; u=$(stat -c %u $p); [ "$(id -u)" = "$u" ] || as="setpriv
--reuid=$u
--regid=$(stat -c %g $p)
--clear-groups
--"; read -r api <"$r/api"
n=$(HOME=/nonexistent IPFS_PATH="$r" timeout 5 $as "$exe" --api "$api" --timeout=4s pin ls --type=recursive --quiet 2>/dev/null) && printf 'pins\\0%s\\0%s\\0' "$r" "$n"; done`

/**
 * Whether a daemon runs that is not the one of a unit asked for, over its path: the kernel goes through all connections to
 * tell who listens (5 ms), which nobody needs to know of a host that is as it should be.
 */
const others = ({ path, cluster_path, units }: Asked): string => `others=; for p in $pids; do path= unit=
for one in $words; do case $one in $p/environ:IPFS_PATH=${quote(path)}|$p/environ:IPFS_CLUSTER_PATH=${quote(cluster_path)}) path=1;; esac; done
for one in $groups; do case $one in $p/cgroup:*/${units.map(unit => quote(baseOf(unit))).join('|$p/cgroup:*/')}) unit=1;; esac; done
[ -n "$path" ] && [ -n "$unit" ] || others=1; done`

/** A subshell: what a fragment does to IFS and to its words would be there for the next. */
const script = (asked: Asked): string => `(IFS='
'
${[homes, units(asked), daemons, places, repos(asked), pins].join('\n')}
for b in ipfs ipfs-cluster-service ipfs-cluster-ctl; do b=${quote(asked.bin_dir)}/$b; [ -f "$b" ] || continue
for t in ${quote(asked.bin_dir)}/../lib/*/*/"\${b##*/}"; do [ "$b" -ef "$t" ] && continue 2; done; printf 'program\\0%s\\0' "$b"; done
${others(asked)}
[ $# -eq 0 ] && [ -z "$others$asked" ] || { printf 'ports\\0'; cat /proc/net/tcp /proc/net/tcp6; printf '\\0'; }) 2>/dev/null`

/** What was printed: fields by their names, each as often as it came. */
type Fields = (name: string) => string[][]
const sizes: Record<string, number> = { unit: 3, repo: 3, pins: 2 }
const fieldsIn = (text: string): Fields => {
  const found: Record<string, string[][]> = {}
  const parts = text.split('\0')
  for (let at = 0; at < parts.length - 1; ) {
    const name = parts[at]!.trim()
    const size = sizes[name] ?? 1
    found[name] = [...(found[name] ?? []), parts.slice(at + 1, at + 1 + size)]
    at += 1 + size
  }
  return name => found[name] ?? []
}
const linesOf = (fields: Fields, name: string): string[] =>
  fields(name).flatMap(([text = '']) => text.split('\n').filter(line => line !== ''))

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const plain = (path: string): string => path.replace(/(?<=.)\/+$/, '')

/** What was printed of one file of each process, a line `/proc/12/NAME:VALUE` each, by their numbers. */
const byProcess = (lines: string[], file: string): ((pid: string) => string[]) => {
  const found = new Map<string, string[]>()
  for (const line of lines) {
    const [, pid, name, value = ''] = /^\/proc\/(\d+)\/(\w+):(.*)$/.exec(line) ?? []
    if (pid !== undefined && name === file) found.set(pid, [...(found.get(pid) ?? []), value])
  }
  return pid => found.get(pid) ?? []
}

/** Services in whose control group a login, a timer or a person starts what is then no unit's. */
const isOfLogins = (unit: string): boolean =>
  /^(sshd?|cron|crond|atd|rc-local|user@.*|dropbear|getty@.*)\.service$/.test(unit)

/** The repo that the words and the environment of a daemon say. */
const repoOf = (kind: Kind, words: string[], environment: string[]): string => {
  const at = words.findIndex(word => /^--?(config|c|repo-dir)(=|$)/.test(word))
  const given = at < 0 ? undefined : words[at]!.includes('=') ? words[at]!.replace(/^[^=]*=/, '') : words[at + 1]
  const value = (name: string): string | undefined =>
    environment.find(one => one.startsWith(`${name}=`))?.slice(name.length + 1)
  const home = value('HOME')
  const [name, folder] = kind === 'kubo' ? ['IPFS_PATH', '.ipfs'] : ['IPFS_CLUSTER_PATH', '.ipfs-cluster']
  return plain(given || value(name) || (home ? `${plain(home)}/${folder}` : ''))
}

/** The unit that a supervisor of runbook's own manager runs, by its words: the file, for one of the machine its name. */
const supervisedBy = (words: string[]): string => {
  const at = words.indexOf('supervise')
  const [program = '', unit = ''] = at < 1 ? [] : [words[at - 1], words[at + 1]]
  const base = /^(\/.*)\/service$/.exec(program)?.[1]
  if (base === undefined) return ''
  return base === '/var/lib/runbook' ? unit : `${base.replace(/\/\.runbook$/, '')}/${unit}`
}

const daemonsIn = (fields: Fields): DaemonFound[] => {
  const words = linesOf(fields, 'words')
  const args = byProcess(words, 'cmdline')
  const env = byProcess(words, 'environ')
  const groups = byProcess(linesOf(fields, 'groups'), 'cgroup')
  const parents = new Map(fields('parent').map(([text = '']) => text.split(' ') as [string, string]))
  return linesOf(fields, 'exes').flatMap(line => {
    const [, user = '', pid = '', exe = ''] = /^(\S+) '?\/proc\/(\d+)\/exe'?(?: -> '(.*)')?$/.exec(line) ?? []
    const words = args(pid)
    const name = baseOf(exe || words[0] || '').replace(/ \(deleted\)$/, '')
    const kind: Kind = name.startsWith('ipfs-cluster-service') ? 'cluster' : 'kubo'
    if (!/^(go-)?(ipfs|kubo)(?!-cluster-(ctl|follow)|-update|-desktop)/.test(name) || !words.includes('daemon'))
      return []
    const supervised = supervisedBy(args(parents.get(pid) ?? ''))
    const unit = groups(pid).flatMap(group => /.*\/([^/]+\.service)/.exec(group)?.[1] ?? [])[0] ?? ''
    return [
      {
        pid,
        kind,
        exe: exe.replace(/ \(deleted\)$/, ''),
        user,
        repo: repoOf(kind, words.slice(1), env(pid)),
        unit: supervised || (isOfLogins(unit) ? '' : unit),
        isContained: fields('contained').some(([one]) => one === pid),
      },
    ]
  })
}

const unitsIn = (fields: Fields): UnitFound[] => {
  const states = fields('states').flatMap(([text = '']) =>
    text.split('\n\n').map(block => new Map(block.split('\n').map(line => line.split('=') as [string, string]))),
  )
  return fields('unit').map(([file = '', text = '', dropIns = '']) => {
    const name = `${baseOf(file).replace(/\.service$/, '')}.service`
    const state = states.find(one => one.get('Id') === name)
    return { file, text, dropIns, active: state?.get('ActiveState') ?? '', enabled: state?.get('UnitFileState') ?? '' }
  })
}

const reposIn = (fields: Fields): RepoFound[] => {
  const ids = linesOf(fields, 'ids').map(line => /^(.*)\/(?:config|identity\.json):.*"([^"]*)"$/.exec(line) ?? [])
  const owners = linesOf(fields, 'owners').map(line => line.split(/ (.*)/s))
  return fields('repo').map(([path = '', kind, print = '']) => {
    const pins = fields('pins').find(([repo = '']) => plain(repo) === path)?.[1]
    return {
      path,
      kind: kind as Kind,
      owner: owners.find(([, at]) => at === path)?.[0] ?? '',
      id: ids.find(([, at]) => at === path)?.[2] ?? '',
      print: print.length === 64 ? print : '',
      pins: pins === undefined ? undefined : pins.split('\n').filter(one => one !== '').length,
    }
  })
}

const portsIn = (fields: Fields): number[] =>
  linesOf(fields, 'ports').flatMap(line => {
    const [, port, state] = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]+ ([0-9A-F]{2}) /.exec(line) ?? []
    return state === '0A' ? [Number.parseInt(port!, 16)] : []
  })

/**
 * What is there of kubo and ipfs-cluster besides what the playbook asks for. Keys, secrets and the words of daemons that
 * are no path stay where they are: digests and ids alone are told.
 */
export const existing = (asked: Asked): Query<Existing> =>
  program({
    key: `live:existing#${asked.path}/${asked.cluster_path}`,
    sh: script(asked),
    looks: ['live:existing'],
    parse: ({ stdout }) => {
      const fields = fieldsIn(stdout.toString())
      return {
        units: unitsIn(fields),
        daemons: daemonsIn(fields),
        repos: reposIn(fields),
        there: fields('there').map(([kind]) => kind as Kind),
        homes: linesOf(fields, 'homes').map(line => {
          const [, user = '', home = ''] = /^([^:]*):(.*)$/.exec(line) ?? []
          return { user, home }
        }),
        ports: [...new Set(portsIn(fields))],
        programs: fields('program').map(([path = '']) => path),
      }
    },
    subject: 'what is there of kubo and ipfs-cluster',
  })

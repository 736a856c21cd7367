// What the scripts of probes ask of tools beyond POSIX, and what does the same with those of BusyBox, one process for each
// path. Which of them a host has is told without a process where `find` is a program of its own: on BusyBox it is a link to
// it, or another name.

/**
 * Sets `gnu` where a program is GNU's. One that is a link is asked (Nix has such GNU tools); so is one of a kernel without
 * /proc.
 */
const toolKind = (
  name: string,
  asked: string,
): string => `gnu=; IFS=:; for bin in $PATH; do [ ! -x "$bin/${name}" ] || break; done; unset IFS
if [ -f "$bin/${name}" ] && [ ! -h "$bin/${name}" ] && [ -d /proc/self ] && ! [ "$bin/${name}" -ef "$bin/busybox" ] && ! [ "$bin/${name}" -ef /bin/busybox ]
then gnu=1; else case $(${asked} 2>/dev/null) in *GNU*) gnu=1;; esac; fi`

export const findKind = toolKind('find', 'find / -maxdepth 0 -printf GNU')
export const tarKind = toolKind('tar', 'tar --version')
export const rmKind = toolKind('rm', 'rm --version')
export const cpKind = toolKind('cp', 'cp --version')

/** What is printed of a path: itself, kind, mode, owner by number and name, group likewise, size, ctime, target. */
const printed = '%p\\0%y\\0%m\\0%U\\0%u\\0%G\\0%g\\0%s\\0%C@\\0%l\\0'

/**
 * `canonical PATH…`: where paths really lead, links past, each with a zero byte behind it; a part that is not there is taken
 * as it is, as `readlink -m` does. `attributes PATH…`: what is there of them. `digests PATH…`: as `sha256sum -z` prints them.
 * `listed PATH…`: mode, names and path of each, as `ls -ldn`. Needs `gnu` to be set.
 */
export const lookFunctions = `if [ "$gnu" ]; then
canonical() { readlink -mz -- "$@"; }
attributes() { find "$@" -maxdepth 0 -printf '${printed}'; }
digests() { sha256sum -z -- "$@"; }
listed() { LC_ALL=C ls -ldnbU --time-style=+ -- "$@"; }
else
whither() { t=$(readlink -n -- "$1"; echo .); t=\${t%.}; }
canonical() { for f; do r= n=40; while :; do
if [ -e "$f" ]; then t=$(readlink -fn -- "$f"; echo .); t=\${t%.}; r=\${t%/}$r; break
elif [ -h "$f" ] && [ $n -gt 0 ]; then n=$((n-1)); whither "$f"; case $t in /*) f=$t;; *) f=\${f%/*}/$t;; esac
else r=/\${f##*/}$r; f=\${f%/*}; f=\${f:-/}; fi
done; printf '%s\\0' "\${r:-/}"; done; }
attributes() { for f; do s=$(stat -c '%a %u %U %g %G %s %z' -- "$f") || continue
if [ -h "$f" ]; then k=l; elif [ -f "$f" ]; then k=f; elif [ -d "$f" ]; then k=d; else k=o; fi
t=; [ $k != l ] || whither "$f"
set -f; set -- $s; set +f; [ "$3" != UNKNOWN ] || set -- "$1" "$2" "$2" "$4" "$5" "$6" "$7" "$8" "$9"
[ "$5" != UNKNOWN ] || set -- "$1" "$2" "$3" "$4" "$4" "$6" "$7" "$8" "$9"
printf '%s\\0' "$f" $k "$1" "$2" "$3" "$4" "$5" "$6" "$7\${8:+ $8}\${9:+ $9}" "$t"; done; }
digests() { for f; do t=$(sha256sum <"$f") && printf '%s  %s\\0' "\${t%% *}" "$f"; done; }
listed() { for f; do t=$(stat -c '%A %h' -- "$f") || continue; a=
if command -v getfacl >/dev/null; then case $(getfacl -cs -- "$f" 2>/dev/null) in ?*) a=+;; esac; fi
printf '%s 0 0 0  %s\\n' "\${t%% *}$a \${t#* }" "$f"; done; }
fi`

/**
 * `changed PATH…`: path, ctime and owner; `written PATH…`: path and the time of the last write; each with a zero byte behind
 * it. Needs `gnu` to be set.
 */
export const timesFunctions = `if [ "$gnu" ]; then
changed() { find "$@" -maxdepth 0 -printf '%p\\0%C@\\0%u\\0'; }
written() { find "$@" -maxdepth 0 -printf '%p\\0%T@\\0'; }
else
changed() { for f; do s=$(stat -c '%u %U %z' -- "$f") || continue; t=\${s#* * }; set -- \${s%"$t"}; [ "$2" != UNKNOWN ] || set -- "$1" "$1"
printf '%s\\0' "$f" "$t" "$2"; done; }
written() { for f; do t=$(stat -c %y -- "$f") || continue; printf '%s\\0' "$f" "$t"; done; }
fi`

/** What `getent` does, from the files, where there is none: it comes with glibc. By the shell itself. */
export const getentFunction = `command -v getent >/dev/null || getent() {
db=/etc/$1; shift; [ $# -gt 0 ] || { cat "$db"; return; }
for k; do while IFS= read -r l || [ "$l" ]; do n=\${l#*:*:}
case $k in "\${l%%:*}"|"\${n%%:*}") printf '%s\\n' "$l"; break;; esac; done <"$db"; done; }`

/** `packed FILE`: sets `z` to the letter by which BusyBox's tar is told how an archive is packed. */
export const packedFunction = `packed() { z=; case $(od -An -tx1 -N6 "$1" | tr -d ' \\n') in 1f8b*) z=z;; 425a68*) z=j;; fd377a585a00) z=J;; esac; }`

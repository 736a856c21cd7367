/**
 * What of a unit is looked at when it did not start, as lines `measured: …`: a cause is named where it was found, not where
 * it is usual. And `runs: UNIT USER PROGRAM NAME=PATH…`, how it runs, for commands that a person pastes: of its environment only
 * what is a path that is there, since anything else may be a secret. A fragment for sh; its unit is `$1`. Only systemd tells so much.
 */
export const unitExamination = `if case $1 in /*) false ;; *) [ -d /run/systemd/system ] ;; esac; then
unit=$1
show() { systemctl show -P "$1" -- "$unit" 2>/dev/null; }
say() { echo "measured: $*"; }
program=$(show ExecStart | sed -n 's/^{ path=\\([^ ;]*\\) .*/\\1/p' | head -n 1) user=$(show User) added=$(show DropInPaths)
[ -z "$added" ] || say "$unit has drop-ins, which count over its file: $added"
if [ -n "$program" ]; then
  if [ ! -e "$program" ]; then say "$program, which $unit is to run, does not exist"
  elif [ ! -x "$program" ]; then say "$program, which $unit is to run, is not executable"
  else case ,$(findmnt -no OPTIONS -T "$program" 2>/dev/null), in *,noexec,*) say "$program, which $unit is to run, lies on a file system that is mounted noexec" ;; esac
  fi
fi
[ -z "$user" ] || getent passwd "$user" >/dev/null || say "$unit is to run as $user, and there is no such user"
for path in $(show ReadWritePaths) $(show BindPaths | tr ' ' '\\n' | cut -d : -f 1); do
  case $path in -*) ;; *) [ -e "$path" ] || say "$path, which $unit names, does not exist" ;; esac
done
case $(show Result) in oom-kill) say "the kernel has killed $unit, for memory had run out" ;; esac
runs=
for one in $(show Environment); do case $one in *=/*) [ ! -e "\${one#*=}" ] || runs="$runs $one" ;; esac; done
echo "runs: $unit \${user:-root} $program$runs"
fi`

#!/bin/sh
# Written by runbook: runs services where there is no systemd to do it. Changes are overwritten.
#
#   service start | stop | restart | status | log | enable | disable UNIT      service boot
#
# A unit is a file as systemd reads it, with those settings that say what runs, as whom, and how it is started again.
# Each unit that runs has a supervisor, this script too, which waits for the daemon to end. It holds a lock as long as
# it lives, so that there is one; nobody has to trust a number in a file.
set -u
base=$(cd "${0%/*}" && pwd) || exit 1
case $base in
  /var/lib/runbook) folder=/etc/systemd/system ;;
  *) folder=${base%/*} ;;
esac
log_limit=10485760
log_look=30

say() { echo "$(date '+%Y-%m-%d %H:%M:%S') runbook: $*" >>"$log"; }

die() {
  echo "$*" >&2
  exit 1
}

# Microseconds. BusyBox's date knows whole seconds alone, its stat more: there it is the time of a file that is made now. So
# it can be compared with that of others.
now() {
  time=$(date +%s%N)
  case $time in
    *N)
      : >"$base/.now"
      time=$(stat -c '%Z %z' "$base/.now")
      fraction=${time#*.}
      case $time in
        *.*) fraction=${fraction%% *} && time=${time%% *}${fraction%???} ;;
        *) time=${time%% *}000000 ;;
      esac
      ;;
    *) time=${time%???} ;;
  esac
}

# The number and the start of the process that calls it, a subshell too.
myself() {
  read -r stat </proc/self/stat
  pid=${stat%% *}
  set -- ${stat##*) }
  start=${20}
}

# remember ACTIVE SUB RESULT PID START: leaves the state, whole, with the time it began.
remember() {
  now
  read -r boot_id </proc/sys/kernel/random/boot_id
  echo "$boot_id $1 $2 $time $restarts $3 $keeper $keeper_start $4 $5 $grace" >"$state.new"
  mv -f "$state.new" "$state"
}

# A time of systemd (`90`, `1min 30s`, `500ms`) in milliseconds; infinity is 0.
span() {
  ms=0
  for word in $1; do
    number=${word%%[!0-9]*}
    case $word in
      infinity) ;;
      *[0-9]ms) ms=$((ms + number)) ;;
      *[0-9]min) ms=$((ms + number * 60000)) ;;
      *[0-9]h) ms=$((ms + number * 3600000)) ;;
      *[0-9]s | *[0-9]) ms=$((ms + number * 1000)) ;;
      *) refused="$key=$value" ;;
    esac
  done
}

# What runs has to be understood whole; what only protects is left to hosts that can.
setting() {
  case $key in
    ExecStart)
      case $value in
        [-@:+!]*) refused="$key=$value" ;;
        '') command= ;;
        *) [ -z "$command" ] && command=$value || refused="a second $key" ;;
      esac
      ;;
    Type) case $value in simple | exec | notify | idle) kind=$value ;; *) refused="$key=$value" ;; esac ;;
    User) user=$value ;;
    Group) group=$value ;;
    Environment) [ -n "$value" ] && environment="$environment $value" || environment= ;;
    WorkingDirectory) case $value in /*) directory=$value ;; *) refused="$key=$value" ;; esac ;;
    UMask) mask=$value ;;
    LimitNOFILE) files=${value##*:} ;;
    NoNewPrivileges) case $value in yes | true | 1 | on) privileges=--no-new-privs ;; *) privileges= ;; esac ;;
    KillSignal) signal=${value#SIG} ;;
    TimeoutStopSec) span "$value" && patience=$ms ;;
    Restart) again=$value ;;
    RestartSec) span "$value" && pause=$ms ;;
    ExecStartPre | ExecStartPost | ExecStop | ExecStopPost | ExecCondition | EnvironmentFile | PassEnvironment | \
      LoadCredential | SetCredential | PIDFile | RootDirectory | RootImage | DynamicUser | SupplementaryGroups | \
      StateDirectory | RuntimeDirectory | CacheDirectory | LogsDirectory | ConfigurationDirectory)
      refused="$key=$value"
      ;;
  esac
  # Quotes are all that is understood of systemd's own language; words are kept by lines, so none is empty.
  case $key=$value in
    ExecStart=*[%\$\\]* | Environment=*[%\$\\]* | ExecStart=*'""'* | ExecStart=*"''"*) refused="$key=$value" ;;
  esac
}

# Reads the unit file; fails, with the reason in $refused, where it asks for what is not done here.
load() {
  kind=simple command= user= group= environment= directory=/ mask=0022 files= privileges= signal=TERM patience=90000
  again=no pause=100 burst=5 interval=10000 refused= section= line= grace=0
  [ -f "$folder/$name" ] || { refused="there is no $folder/$name" && return 1; }
  while IFS= read -r part || [ -n "$part" ]; do
    line=$line$part
    case $line in *\\) line="${line%\\} " && continue ;; esac
    key=${line%%=*} value=${line#*=}
    case $line in
      '#'* | ';'*) ;;
      '['*) section=$line ;;
      # What keeps a peer from founding a cluster of its own is more than protection.
      AssertPathExists=!*) [ ! -e "${value#!}" ] || refused="$line does not hold" ;;
      AssertPathExists=*) [ -e "$value" ] || refused="$line does not hold" ;;
      StartLimitBurst=*) burst=$value ;;
      StartLimitIntervalSec=* | StartLimitInterval=*) span "$value" && interval=$ms ;;
      *=*) [ "$section" != '[Service]' ] || setting ;;
    esac
    line=
  done <"$folder/$name"
  [ -n "$command" ] || refused=${refused:-it has no ExecStart}
  for text in "$environment" "$command"; do
    words "$text" >/dev/null 2>&1 || refused="a quote is not closed:$text"
  done
  [ "$kind" != notify ] || grace=100
  [ -z "$refused" ]
}

# The words of a line, with quotes as systemd and xargs know them; one a line.
words() { printf '%s\n' "$1" | xargs printf '%s\n'; }

# Becomes the daemon: its own session, so that all it starts can be told apart; its environment and nothing else.
become() {
  cd "$directory" || exit 200
  umask "$mask"
  [ -z "$files" ] || ulimit -n "$files" 2>/dev/null || ulimit -n "$(ulimit -H -n)"
  who=${user:-$(id -un)}
  id "$who" >/dev/null || exit 217
  home=$(eval "echo ~$who")
  set -f
  IFS='
'
  set -- "USER=$who" "LOGNAME=$who" "HOME=$home" $(words "$environment") $(words "$command")
  set -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  unset IFS
  if [ "$(id -u)" = 0 ] && [ -n "$user$group" ]; then
    group=${group:-$(id -gn "$who")}
    set -- setpriv --reuid="$who" --regid="$group" --init-groups $privileges "$@"
  elif [ -n "$user" ] && [ "$user" != "$(id -un)" ]; then
    echo "only root can run it as $user"
    exit 217
  elif [ -n "$privileges" ] && command -v setpriv >/dev/null; then
    set -- setpriv $privileges "$@"
  fi
  exec setsid "$@"
}

# Is it worth another start? As systemd's Restart= says, of an exit status as the shell tells it.
wanted() {
  case $again/$result in
    always/* | on-failure/exit-code | on-failure/signal | on-success/success) true ;;
    on-abnormal/signal | on-abort/signal) true ;;
    *) false ;;
  esac
}

outcome() {
  case $1 in
    0 | 129 | 130 | 141 | 143) result=success ;;
    1[3-9]?) result=signal ;;
    *) result=exit-code ;;
  esac
}

# The last look at a unit that ends here.
finish() {
  kill -s TERM -- "-$watcher" 2>/dev/null
  remember "$1" "$2" "$3" 0 0
  say "$4"
  exit 0
}

rotate() {
  [ "$(wc -c <"$log")" -lt "$log_limit" ] || { cp "$log" "$log.1" && : >"$log"; }
}

# The supervisor of one unit. What it waits for runs in the foreground: it needs no traps, and nobody ignores signals.
supervise() {
  exec 9>"$base/$name.lock"
  # Whoever only asks whether it is held holds it for a moment.
  flock -n 9 || { sleep 0.1 && flock -n 9; } || exit 0
  myself
  keeper=$pid keeper_start=$start restarts=0 quick=0
  rm -f "$base/$name.stop"
  setsid sh "$base/service" watch "$name" "$keeper" "$keeper_start" 9>&- </dev/null >/dev/null 2>&1 &
  watcher=$!
  while :; do
    load || finish failed failed bad-setting "cannot run this unit: $refused"
    rotate
    now
    began=$time
    (
      # The lock is the supervisor's alone, also if it is killed right now.
      exec 9>&-
      myself
      remember active running success "$pid" "$start"
      [ ! -e "$base/$name.stop" ] || exit 0
      say "started as process $pid"
      become </dev/null >>"$log" 2>&1
    )
    status=$?
    outcome "$status"
    sweep
    now
    lived=$(((time - began) / 1000))
    [ ! -e "$base/$name.stop" ] || finish inactive dead success 'stopped'
    if ! wanted; then
      [ "$result" = success ] && finish inactive dead success 'has ended' || finish failed failed "$result" "ended with status $status"
    fi
    delay=$pause
    if [ "$burst" -gt 0 ] && [ "$interval" -gt 0 ] && [ "$lived" -lt "$interval" ]; then
      quick=$((quick + 1))
      [ "$quick" -lt "$burst" ] || finish failed failed start-limit-hit "ended with status $status, $quick times in a row soon after its start: given up"
      # Twice as long each time, up to a minute.
      [ "$quick" -eq 1 ] || delay=$((waited < 30000 ? waited * 2 : 60000))
      [ "$delay" -ge "$pause" ] || delay=$pause
    else
      quick=0
    fi
    waited=$delay
    restarts=$((restarts + 1))
    say "ended with status $status, is started again in $delay ms"
    (
      exec 9>&-
      myself
      remember activating auto-restart "$result" "$pid" "$start"
      [ ! -e "$base/$name.stop" ] || exit 0
      exec setsid sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))" </dev/null >/dev/null 2>&1
    )
    [ ! -e "$base/$name.stop" ] || finish inactive dead success 'stopped'
  done
}

# What a daemon that has ended leaves of its session. It has written its number down itself, since this start.
sweep() {
  read -r _ _ _ since _ _ _ _ main _ <"$state" && [ "$since" -ge "$began" ] && kill -s KILL -- "-$main" 2>/dev/null
}

# Keeps the log short for as long as the supervisor lives.
watch() {
  while alive "$1" "$2"; do
    sleep "$log_look"
    rotate
  done
}

# Runs this script once more, apart from the session that it was called in.
apart() {
  set -- env -i PATH="$PATH" sh "$base/service" "$@"
  if setsid -f true 2>/dev/null; then
    setsid -f "$@" </dev/null >/dev/null 2>&1
  else
    # What a shell puts into the background ignores an interrupt: a daemon that is stopped by one waits for its kill.
    setsid "$@" </dev/null >/dev/null 2>&1 &
  fi
}

is_held() { ! (exec 9>"$base/$name.lock" && flock -n 9); }

# Ends whatever runs of the unit, and waits for it: with its own signal, then, when its time is over, for good.
halt() {
  load || :
  : >"$base/$name.stop"
  told=
  while :; do
    recall
    if alive "$main" "$main_start"; then
      read -r up _ </proc/uptime
      up=${up%.*}${up#*.}
      if [ "$told" != "$main" ]; then
        [ "$phase" != auto-restart ] || signal=TERM
        kill -s "$signal" -- "-$main" 2>/dev/null || kill -s "$signal" "$main" 2>/dev/null
        told=$main since_told=$up
      elif [ "$patience" -gt 0 ] && [ "$(((up - since_told) * 10))" -ge "$patience" ]; then
        kill -s KILL -- "-$main" 2>/dev/null || kill -s KILL "$main" 2>/dev/null
      fi
    elif ! is_held; then
      break
    fi
    sleep 0.02
  done
  # A supervisor that was killed could not leave the state that it is in now.
  recall
  case $active in
    inactive) ;;
    *) keeper=0 keeper_start=0 grace=0 && remember inactive dead success 0 0 ;;
  esac
  rm -f "$base/$name.stop"
}

launch() {
  is_held && return 0
  recall
  ! alive "$main" "$main_start" || halt
  load || die "cannot run $name: $refused"
  mkdir -p "$logs"
  [ -e "$log" ] || (umask 0027 && : >>"$log")
  rm -f "$state" "$base/$name.stop"
  apart supervise "$name" 8>&-
  tries=0
  until [ -e "$state" ] || [ "$tries" -ge 200 ]; do
    sleep 0.02
    tries=$((tries + 1))
  done
}

# Makes what the host has at boot start the units that are enabled.
hook() {
  booter
  hooked && return
  case $boots in
    sysv)
      cat >/etc/init.d/runbook-services <<END
#!/bin/sh
### BEGIN INIT INFO
# Provides: runbook-services
# Required-Start: \$remote_fs \$network \$time
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop:
# Short-Description: services of runbook
### END INIT INFO
[ "\$1" != start ] || exec /bin/sh $base/service boot
END
      chmod 0755 /etc/init.d/runbook-services
      update-rc.d runbook-services defaults
      ;;
    rc.local)
      sed "1a /bin/sh $base/service boot" /etc/rc.local >/etc/rc.local.runbook-new
      chmod 0755 /etc/rc.local.runbook-new
      mv -f /etc/rc.local.runbook-new /etc/rc.local
      ;;
    cron)
      {
        crontab -l 2>/dev/null || :
        echo "@reboot /bin/sh $base/service boot"
      } | crontab -
      ;;
    *) die 'nothing here starts services at boot: neither sysv init, nor an executable /etc/rc.local, nor a running cron' ;;
  esac
}

wait=yes
[ "${1:-}" != --no-block ] || { wait=no && shift; }
verb=${1:-} name=${2:-}
cd /
umask 0022
command -v flock >/dev/null || die 'this host has no flock: install util-linux'
[ -w "$base" ] || die "$(id -un) may not write to $base"
case $verb in
  boot)
    # Where systemd runs after all, the machine's units are its own.
    [ "$folder" = /etc/systemd/system ] && [ -d /run/systemd/system ] && exit 0
    for enabled in "$base"/*.enabled; do
      name=${enabled##*/}
      [ ! -e "$enabled" ] || sh "$base/service" start "${name%.enabled}"
    done
    exit 0
    ;;
esac
[ -n "$name" ] || die "usage: $0 start | stop | restart | status | log | enable | disable UNIT, or boot"
case $name in *.*) ;; *) name=$name.service ;; esac
places "$folder/$name"
case $verb in
  supervise) supervise ;;
  watch) watch "$3" "$4" ;;
  status)
    show "$folder/$name"
    tail -n 10 "$log"
    [ "$active" = active ] || exit 3
    ;;
  log) tail -n 100 "$log" ;;
  enable) hook && : >"$base/$name.enabled" ;;
  disable) rm -f "$base/$name.enabled" ;;
  reset-failed)
    recall
    [ "$active" != failed ] || alive "$main" "$main_start" || rm -f "$state"
    ;;
  start | stop | restart | reload-or-restart)
    # One after the other, whoever asks.
    exec 8>"$base/$name.turn"
    flock 8
    if [ "$wait$verb" = norestart ] || [ "$wait$verb" = noreload-or-restart ]; then
      : >"$base/$name.stop"
      # It takes this turn over.
      apart again "$name"
      exit 0
    fi
    [ "$verb" = start ] || halt
    [ "$verb" = stop ] || launch
    ;;
  again)
    halt
    launch
    ;;
  *) die "there is no '$verb' here" ;;
esac

# What is known of units without systemd, in the words of `systemctl show`. Reading is all it does, and nearly all of
# it with what the shell has built in: it travels with every look at a host, before anything of ours is there.

# Where things are for the unit file $1: units of the machine have the places of the machine, all others lie together.
places() {
  name=${1##*/} units=${1%/*}
  case $units in
    /etc/systemd/system) base=/var/lib/runbook logs=/var/log/runbook ;;
    *) base=$units/.runbook logs=$units ;;
  esac
  state=$base/$name.state log=$logs/${name%.service}.log
}

# Whether this very process lives: its number may have been given to another since, its start has not.
alive() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  started=$2
  set -- ${stat##*) }
  [ "$1" != Z ] && [ "${20}" = "$started" ]
}

# The state that the supervisor has left: active sub since restarts result, its own process, the daemon's.
recall() {
  active=inactive sub=dead phase=dead since=0 restarts=0 result=success keeper=0 keeper_start=0 main=0 main_start=0 grace=0 boot_id=
  { read -r boot_id active sub since restarts result keeper keeper_start main main_start grace <"$state"; } 2>/dev/null || return 0
  phase=$sub
  read -r this_boot </proc/sys/kernel/random/boot_id
  case $active in inactive | failed) return 0 ;; esac
  if [ "$boot_id" != "$this_boot" ]; then
    active=inactive sub=dead result=success keeper=0 main=0
  elif ! alive "$keeper" "$keeper_start"; then
    # Killed, or the host was switched off: nobody would start the daemon again.
    active=failed sub=failed result=supervisor-killed
  elif [ -e "$base/$name.stop" ]; then
    active=deactivating sub=stop
  elif [ "$active" = active ] && [ "$grace" -gt 0 ]; then
    # It could say that it is ready, but there is nobody to listen: it counts as ready when it has lived for a while.
    read -r up _ </proc/uptime
    [ "$((${up%.*}${up#*.} - main_start))" -ge "$grace" ] || active=activating sub=start
  fi
}

# What starts services at boot here: sysv, rc.local or cron; empty: nothing does.
booter() {
  boots=
  uid=$(id -u)
  if [ "$uid" = 0 ] && [ -e /etc/inittab ] && command -v update-rc.d >/dev/null; then
    boots=sysv
  elif [ "$uid" = 0 ] && [ -x /etc/rc.local ]; then
    boots=rc.local
  elif command -v crontab >/dev/null && { read -r cron </run/crond.pid; } 2>/dev/null && [ -d "/proc/$cron" ]; then
    boots=cron
  fi
}

# Whether that starts the units of $base. Asked once for all of them.
hooked() {
  [ "${asked:-}" != "$base" ] || return "$answer"
  asked=$base answer=1
  ! is_hooked || answer=0
  return "$answer"
}
is_hooked() {
  case $boots in
    sysv) [ -x "/etc/init.d/runbook-services" ] ;;
    rc.local) grep -qF "$base/service boot" /etc/rc.local ;;
    cron) crontab -l 2>/dev/null | grep -qF "$base/service boot" ;;
    *) false ;;
  esac
}

show() {
  booter
  for unit; do
    places "$unit"
    recall
    load=loaded enabled=static
    if [ -f "$unit" ]; then
      if [ -e "$base/$name.enabled" ] && hooked; then
        enabled=enabled
      elif grep -q '^\[Install\]' "$unit"; then
        enabled=disabled
      fi
    elif [ -c "$unit" ]; then
      load=masked enabled=masked
    else
      load=not-found enabled=
    fi
    [ "$active" = active ] && began=$since || began=
    echo "Id=$name
Boot=$boots
LoadState=$load
ActiveState=$active
SubState=$sub
UnitFileState=$enabled
NeedDaemonReload=no
StateChangeTimestamp=$since
ExecMainStartTimestamp=$began
NRestarts=$restarts
Result=$result
"
  done
}

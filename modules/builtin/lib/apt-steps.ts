import { exec, quoted, type Step } from '../../../src/module/module.ts'
import type { AptArguments } from './apt-arguments.ts'

/** What apt-get and the scripts of packages run in: nobody is there to be asked. */
const env = { DEBIAN_FRONTEND: 'noninteractive', DEBIAN_PRIORITY: 'critical', LANG: 'C', LC_ALL: 'C' }

/** Options that count for what comes of it, and are given where it is simulated too. */
export const aptOptionWords = (args: AptArguments): string[] => [
  ...(args.install_recommends === undefined
    ? []
    : ['-o', `APT::Install-Recommends=${args.install_recommends ? 'yes' : 'no'}`]),
  ...(args.default_release === undefined ? [] : ['-t', args.default_release]),
  ...(args.purge && (args.state === 'absent' || args.autoremove) ? ['--purge'] : []),
  ...(args.autoremove ? ['--auto-remove'] : []),
  ...(args.fail_on_autoremove && args.state !== 'absent' ? ['--no-remove'] : []),
  ...(args.only_upgrade ? ['--only-upgrade'] : []),
  ...(args.state === 'fixed' ? ['--fix-broken'] : []),
  ...(args.allow_downgrade ? ['--allow-downgrades'] : []),
  ...(args.allow_change_held_packages ? ['--allow-change-held-packages'] : []),
  ...(args.allow_unauthenticated ? ['--allow-unauthenticated'] : []),
  ...(args.force ? ['--force-yes'] : []),
]

/** Runs a program while /usr/sbin/policy-rc.d ends with a number; what was there is put back, whatever comes of it. */
const underPolicy = `p=/usr/sbin/policy-rc.d b=
if [ -e "$p" ]; then b=$(mktemp -d) && mv -f -- "$p" "$b/policy-rc.d" || exit; fi
back() { rm -f -- "$p"; [ -z "$b" ] || { mv -f -- "$b/policy-rc.d" "$p"; rmdir -- "$b"; }; }
trap back EXIT
printf '#!/bin/sh\\nexit %s\\n' "$1" >"$p" && chmod 755 "$p" || exit
shift; "$@"`

/** A call of apt-get that may change packages; what it says is registered. */
export const aptGet = (args: AptArguments, words: string[], options = aptOptionWords(args)): Step => {
  const dpkg = args.dpkg_options
    .split(',')
    .filter(Boolean)
    .flatMap(option => ['-o', `Dpkg::Options::=--${option}`])
  const argv = ['apt-get', '-y', ...dpkg, '-o', `DPkg::Lock::Timeout=${args.lock_timeout}`, ...options, ...words]
  const { policy_rc_d: status } = args
  const whole = status === undefined ? argv : ['sh', '-c', underPolicy, 'sh', String(status), ...argv]
  return exec(whole, { env, uncut: true, keep: true })
}

/** Tries a program up to a number of times, with waits that double up to a longest one. */
const repeatedly = `n=1 d=1 most=$1 longest=$2; shift 2
until "$@"; do s=$?; [ $n -lt $most ] || exit $s; [ $d -le $longest ] || d=$longest; sleep $d; n=$((n+1)) d=$((d*2)); done`

type UpdateArguments = Pick<AptArguments, 'update_cache_retries' | 'update_cache_retry_max_delay'>

/**
 * Gets the lists anew. A repository that does not answer is a failure, as in Ansible, where apt-get itself only warns.
 * `undone`: files that go then, so that the next run tries again.
 */
export const aptUpdate = (args: UpdateArguments, undone: string[] = []): Step => {
  const { update_cache_retries: tries, update_cache_retry_max_delay: longest } = args
  const argv = ['apt-get', '-q', '-o', 'APT::Update::Error-Mode=any', 'update']
  const script =
    undone.length === 0 ? repeatedly : `( ${repeatedly} ) || { s=$?; rm -f -- ${quoted(undone)}; exit $s; }`
  return exec(['sh', '-c', script, 'sh', String(tries), String(longest), ...argv], { env })
}

export const aptClean = exec(['apt-get', 'clean'], { env })

import type { OnDisk } from './unit-look.ts'
import type { UnitInstall, UnitNeeds } from './unit-text.ts'

/**
 * A unit, and who runs it: systemd, or where there is none the portable service manager. `boot` is what starts it with
 * the machine; empty: nothing there could. `since` is StateChangeTimestamp in microseconds of the host's clock (it
 * moves on reload too). `reload`: systemd has not read it as it is on disk; also where drop-ins lie there that it does
 * not know, of which systemd itself says nothing while their folder is new to it.
 */
export type ServiceAnswer = Omit<OnDisk, 'rc'> & {
  manager: 'systemd' | 'portable'
  boot: 'systemd' | 'sysv' | 'rc.local' | 'cron' | ''
  /** A program that the portable service manager needs and that is not there. */
  lacks?: string
  /** Its own name: of an alias that of the unit it stands for. */
  id: string
  names: string[]
  load: 'loaded' | 'not-found' | 'masked' | 'error' | 'bad-setting'
  active: 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating' | 'reloading'
  sub: string
  /** In the words of `systemctl is-enabled` (`UnitFileState`). */
  enabled:
    | 'enabled'
    | 'enabled-runtime'
    | 'disabled'
    | 'static'
    | 'masked'
    | 'masked-runtime'
    | 'generated'
    | 'indirect'
    | 'linked'
    | 'linked-runtime'
    | 'alias'
    | 'transient'
    | 'bad'
    | ''
  /** Of a unit that systemd makes of a SysV script: whether that is started at boot. */
  rc: 'on' | 'off' | ''
  /** What a generated unit is made of: a script, /etc/fstab. */
  source: string
  reload: boolean
  /** Foreseen alone: the drop-ins that systemd has read, while others lie there; whether they alone ask for it to read anew. */
  read?: { dropIns: string[]; asks: boolean }
  /** Another unit that is in systemd's memory names it, and so keeps it there. */
  isReferenced: boolean
  /** So does what starts it with the machine: systemd has read its units since that was asked for. */
  isPulledIn: boolean
  needs: UnitNeeds
  /** When it has started it stays active: no oneshot. */
  stays: boolean
  /** Asked for by `installable`, or known from a file that is to be written; `also` has all that those name too. */
  install?: UnitInstall
  since: number
  restarts: number
  result: string
}

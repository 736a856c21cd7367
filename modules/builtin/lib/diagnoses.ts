import { type DiagnosisRule, diagnoseBy } from './diagnosis-rule.ts'

const hostRules: DiagnosisRule[] = [
  {
    says: /No space left on device|no space left on device/,
    means: () => ({
      cause: 'the disk is full',
      fix: 'free some space (`df -h`, `journalctl --vacuum-size=100M`) and run again',
    }),
  },
  {
    says: /Disk quota exceeded|disk quota exceeded/,
    means: () => ({ cause: 'the quota of its user is used up', fix: 'free some space or raise the quota' }),
  },
  {
    says: /[Ee]xec format error/,
    means: () => ({
      cause: 'the program is for another kind of processor, or no program at all',
      fix: 'give the archive for the architecture of this host (`uname -m`)',
    }),
  },
  {
    says: /version `(GLIBC_\S+)' not found/,
    means: glibc => ({
      cause: `the program needs ${glibc}, which is newer than this system`,
      fix: 'use a newer system (Debian 11, Ubuntu 20.04 or newer)',
    }),
  },
  {
    says: /status=203\/EXEC/,
    means: () => ({
      cause: 'systemd cannot run the program: it is not there, not executable, or on a file system mounted noexec',
      fix: 'check the path in ExecStart of the unit (`systemctl cat`)',
    }),
  },
  {
    says: /status=217\/USER/,
    means: () => ({
      cause: 'there is no such user as the unit names',
      fix: 'make it with the module user, before the start',
    }),
  },
  {
    says: /status=226\/NAMESPACE/,
    means: () => ({
      cause: 'systemd cannot shut the service in: a folder that the unit names is missing, or the kernel forbids it',
      fix: 'make the folders of ReadWritePaths, or take out the hardening that this host does not know',
    }),
  },
  {
    says: /killed by the OOM killer|code=killed, status=9\/KILL/,
    means: () => ({
      cause: 'it was killed, most often because the memory of the host ran out',
      fix: '`journalctl -k | grep -i oom` tells; give the host more memory or the service less to do',
    }),
  },
]

/** What a host or its systemd says of any program. */
export default diagnoseBy(hostRules)

import { type DiagnosisRule, diagnoseBy } from './diagnosis-rule.ts'

const hostRules: DiagnosisRule[] = [
  {
    says: /No space left on device|no space left on device/,
    means: () => ({
      cause: 'the disk is full',
      fix: 'free some space and run again: `df -h` shows where there is none, `du -xh -d 2 / | sort -h | tail -n 20` what takes it',
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
  // What was measured of the unit comes before what its log may mean.
  {
    says: /^measured: (\/\S+), which (\S+) is to run, does not exist/,
    means: (program, unit) => ({
      cause: `${unit} does not start: its program ${program} is not there`,
      fix: `install it in an earlier task; \`systemctl cat ${unit}\` shows which line names it`,
    }),
  },
  {
    says: /^measured: (\/\S+), which (\S+) is to run, is not executable/,
    means: (program, unit) => ({
      cause: `${unit} does not start: its program ${program} is not executable`,
      fix: `\`chmod a+x ${program}\`, then \`systemctl restart ${unit}\``,
    }),
  },
  {
    says: /^measured: (\/\S+), which (\S+) is to run, lies on a file system that is mounted noexec/,
    means: (program, unit) => ({
      cause: `${unit} does not start: its program ${program} lies on a file system that is mounted noexec`,
      fix: `put it on another one; \`findmnt -T ${program}\` shows which this is`,
    }),
  },
  {
    says: /^measured: (\S+) is to run as (\S+), and there is no such user/,
    means: (unit, user) => ({
      cause: `${unit} does not start: there is no user ${user}, as whom it is to run`,
      fix: `make it with the module user, before the start; by hand: \`useradd --system --shell /usr/sbin/nologin ${user}\``,
    }),
  },
  {
    says: /^measured: (\/\S+), which (\S+) names, does not exist/,
    means: (path, unit) => ({
      cause: `${unit} does not start: ${path}, which it names among the paths that it may write, is not there`,
      fix: `make it, with the module file, for the user of the unit; \`systemctl cat ${unit}\` shows both`,
    }),
  },
  {
    says: /^measured: the kernel has killed (\S+), for memory had run out|^(\S+): .*killed by the OOM killer/,
    means: (one, other) => ({
      cause: `the kernel has killed ${one || other}, for memory had run out`,
      fix: 'give the host more memory or the service less to do; `journalctl -k -g oom` shows what else took it',
    }),
  },
  {
    says: /status=203\/EXEC/,
    means: () => ({
      cause:
        'systemd cannot run the program (203/EXEC). Likely: it is for another kind of processor, or the interpreter that its first line names is not there',
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
      cause:
        'systemd cannot shut the service in (226/NAMESPACE). Likely: the kernel of this host, or the container that it is, forbids it',
      fix: 'take out the hardening that this host does not know, one line after the other',
    }),
  },
  {
    says: /code=killed, status=9\/KILL/,
    means: () => ({
      cause: 'it was killed by signal 9. Likely: by somebody, or because memory ran out',
      fix: '`journalctl -k -g oom` tells of the latter',
    }),
  },
]

/** What a host or its systemd says of any program. */
export default diagnoseBy(hostRules)

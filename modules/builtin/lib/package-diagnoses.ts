import { type DiagnosisRule, diagnoseBy } from './diagnosis-rule.ts'

const rules: DiagnosisRule[] = [
  {
    says: /dpkg was interrupted, you must manually run/,
    means: () => ({
      cause: 'dpkg was cut off in the middle of its work',
      fix: '`dpkg --configure -a` brings it to an end',
    }),
  },
  {
    says: /Could not get lock (\S+?)\.? It is held by process (\d+) \(([^)]*)\)/,
    means: (lock, pid, program) => ({
      cause: `${program} (process ${pid}) holds ${lock}`,
      fix: `wait for it, or give it more time: \`lock_timeout: 600\`; \`ps -fp ${pid}\` shows what it is`,
    }),
  },
  {
    says: /Could not get lock (\S+)/,
    means: lock => ({
      cause: `somebody else installs packages: ${lock} is locked`,
      fix: `wait for it, or give it more time: \`lock_timeout: 600\`; \`fuser -v ${lock}\` shows who it is`,
    }),
  },
  {
    says: /Unable to locate package (\S+)/,
    means: name => ({
      cause: `no list of packages has ${name}`,
      fix: 'check the name, get the lists anew (`update_cache: true`), or add the repository that has it',
    }),
  },
  {
    says: /Package '?(\S+?)'? has no installation candidate/,
    means: name => ({
      cause: `${name} is in no repository that this host knows: others only refer to it, or several provide it`,
      fix: `\`apt-cache policy ${name}\` and \`apt-cache showpkg ${name}\` tell which; name one that provides it`,
    }),
  },
  {
    says: /Version '(\S+)' for '(\S+)' was not found/,
    means: (version, name) => ({
      cause: `${name} is not to be had in version ${version}`,
      fix: `\`apt-cache madison ${name}\` shows the versions that there are`,
    }),
  },
  {
    says: /^\s*(\S+) : (?:Pre)?-?(Depends|Conflicts|Breaks): (\S+.*)/,
    means: (name, how, other) => ({
      cause:
        how === 'Depends'
          ? `${name} depends on ${other}`
          : `${name} and ${other.split(' ')[0]} cannot be there together`,
      fix: 'let the repositories of all of them be there and of one release, or leave one of them out',
    }),
  },
  {
    says: /(?:Temporary failure resolving|Could not resolve) '?([^' ]+)'?/,
    means: host => ({
      cause: `the host does not find the address of ${host}`,
      fix: 'check its name servers: `getent hosts NAME` there',
    }),
  },
  {
    says: /NO_PUBKEY (\S+)/,
    means: key => ({
      cause: `a repository is signed with the key ${key}, which this host does not have`,
      fix: 'put the key of the repository there, and name it in `signed_by` (deb822_repository)',
    }),
  },
  {
    says: /Held packages were changed and -y was used without --allow-change-held-packages/,
    means: () => ({
      cause: 'a package is held at its version',
      fix: '`apt-mark showhold` shows which; allow_change_held_packages: true changes it all the same',
    }),
  },
  {
    says: /Packages need to be removed but remove is disabled/,
    means: () => ({
      cause: 'packages would have to go, and fail_on_autoremove forbids it',
      fix: 'leave out fail_on_autoremove, or name what is in the way',
    }),
  },
]

/** What package managers say when they refuse or fail. */
export default diagnoseBy(rules)

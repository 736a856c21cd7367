import { program } from '../../../src/module/module.ts'

/** A service of a host as Ansible tells of it. Source: ansible-core 2.19, service_facts. */
export type ListedService = { name: string; state: string; status?: string; source: 'systemd' | 'sysv' }

/**
 * What systemd has in memory and on disk, and the scripts of /etc/init.d, in parts with `--` between. What is on disk alone is asked
 * for its state, all at once; a template has none.
 */
const script = `if [ -d /run/systemd/system ]; then
units=$(systemctl list-units --no-pager --no-legend --plain --all --type service)
files=$(systemctl list-unit-files --no-pager --no-legend --all --type service)
printf '%s\\n--\\n%s\\n--\\n' "$units" "$files"
rest=$(printf '%s\\n--\\n%s\\n' "$units" "$files" | awk '/^--$/ { files = 1; next } !files { held[$1]; next } !($1 in held) && $1 !~ /@\\./ { print $1 }')
[ -z "$rest" ] || systemctl show -p ActiveState --value -- $rest | grep .
else printf -- '--\\n--\\n'
fi
echo --
! command -v service >/dev/null || service --status-all 2>/dev/null
:`

const wordsOf = (part = ''): string[][] =>
  part
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([name]) => name?.includes('.service'))

/** What is said in any column but the last word counts for more than the columns themselves. */
const badStates = ['not-found', 'masked', 'failed']
const ofUnits = (part: string): Map<string, ListedService> =>
  new Map(
    wordsOf(part).map(words => {
      const [name = '', , active = '', sub] = words
      const status = badStates.find(bad => words.slice(0, -1).includes(bad)) ?? active
      return [name, { name, state: sub === 'running' ? 'running' : 'stopped', status, source: 'systemd' }]
    }),
  )

const withFiles = (services: Map<string, ListedService>, files: string, states: string): void => {
  const rest = states.split('\n').filter(Boolean)
  for (const [name = '', status = ''] of wordsOf(files)) {
    const found = services.get(name)
    if (found === undefined) {
      const state = name.includes('@.') ? 'unknown' : (rest.shift() ?? 'unknown')
      services.set(name, { name, state, status, source: 'systemd' })
    } else if (!badStates.includes(found.status ?? '')) found.status = status
  }
}

const ofScripts = (part: string): ListedService[] =>
  [...part.matchAll(/^\s*\[ ([+-]) \]\s+(.+)$/gm)].map(([, sign, name = '']) => ({
    name,
    state: sign === '+' ? 'running' : 'stopped',
    source: 'sysv',
  }))

const parse = (text: string): Record<string, ListedService> => {
  const [units = '', files = '', states = '', scripts = ''] = text.split(/^--\n/m)
  const ofSystemd = ofUnits(units)
  withFiles(ofSystemd, files, states)
  const scriptsFirst = ofScripts(scripts).map(one => [one.name, one] as const)
  return Object.fromEntries([...scriptsFirst, ...ofSystemd])
}

/** All services of a host by their names. */
export const serviceList = program<Record<string, ListedService>>({
  key: 'service-list',
  sh: script,
  looks: [
    'units',
    'unit:*',
    'daemon-reload',
    ...['/etc/systemd/system', '/run/systemd', '/usr/lib/systemd/system', '/lib/systemd/system', '/etc/init.d'].map(
      path => `tree:${path}`,
    ),
  ],
  parse: ({ stdout }) => parse(stdout.toString()),
  subject: 'the services of the host',
})

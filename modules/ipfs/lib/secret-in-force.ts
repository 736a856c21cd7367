import { program, type Query, quote, quoted, type Step } from '../../../src/module/module.ts'
import type { Adoptable } from './adoptable.ts'
import { serviceFile } from './cluster.ts'
import type { HostKey } from './shared-key.ts'

/**
 * The secret that a cluster peer runs with: CLUSTER_SECRET wins over service.json at every start (ipfs-cluster's
 * config.go), so what was exported in .bashrc, or stands in a unit, is the one that counts. In this order: the environment of
 * its daemon, of its unit, what its user's shell exports, the file. As functions of the shell; the value stays there.
 */
const inForce = (path: string, { daemons, units }: Adoptable): string => {
  const mine = daemons.filter(({ repo }) => repo === path)
  const starting = units.filter(({ repo }) => repo === path).map(({ name }) => name)
  const environments = mine.map(({ pid }) => `tr '\\0' '\\n' </proc/${pid}/environ 2>/dev/null`)
  const shown =
    starting.length === 0
      ? []
      : [`systemctl show -p Environment --value -- ${quoted(starting)} | tr ' ' '\\n' | tr -d '"'`]
  // What a shell exports counts where somebody starts it by hand: nothing runs, and no unit would.
  const home = path.slice(0, path.lastIndexOf('/'))
  const files = ['.bashrc', '.profile', '.bash_profile'].map(name => quote(`${home}/${name}`)).join(' ')
  const exported =
    mine.length + starting.length > 0
      ? []
      : [`cat -- ${files} /etc/environment 2>/dev/null | sed 's/^ *export  *//' | tr -d "\\"'"`]
  const sources = [...environments, ...shown, ...exported]
  return `small() { tr A-F a-f; }
written() { sed -n '/"secret": *"/{s/.*"secret": *"\\([^"]*\\)".*/\\1/p;q}' ${quote(serviceFile(path))} 2>/dev/null | small; }
inforce() { { ${sources.length === 0 ? ':' : sources.join('; ')}; } | sed -n 's/^CLUSTER_SECRET=//p' | small | grep -xE '[0-9a-f]{64}' | tail -n 1; }
secret() { s=$(inforce); [ -n "$s" ] && printf %s "$s" || written; }
`
}

/** The digest of the one in force. */
export const secretInForce = (path: string, found: Adoptable): Query<HostKey, false> => ({
  ...program<HostKey>({
    key: `secret-in-force:${path}:${found.daemons.map(({ pid }) => pid).join()}`,
    sh: `( ${inForce(path, found)}
word() { case $1 in '') echo absent ;; *[!0-9a-f]*) echo digits ;; *) [ \${#1} -eq 64 ] && printf %s "$1" | sha256sum | cut -c1-64 || echo length ;; esac; }
word "$(secret)"; )`,
    looks: [`member:${serviceFile(path)}#cluster.secret`],
    parse: ({ stdout }) => {
      const word = stdout.toString().trim()
      if (word.length === 64) return { state: 'good', print: word }
      if (word === 'absent') return { state: 'absent' }
      return { state: 'bad', wrong: `cluster.secret in ${serviceFile(path)} is not 64 hex digits` }
    },
    subject: `the secret of ${path}`,
  }),
  only: true,
})

/** The value, into memory. */
export const fetchSecretInForce = (path: string, found: Adoptable, name: string): Step => ({
  do: 'fetch',
  secret: true,
  name,
  argv: ['sh', '-c', `${inForce(path, found)}secret`],
})

import { isRecord } from '../core/value.ts'
import { isVaultFile } from '../core/vault-file.ts'
import { hasBraces } from '../load/braces.ts'
import { type Located, locatedMember } from '../load/located.ts'
import { variableLayers } from '../load/secrets.ts'
import { argumentsThat } from '../load/task-schemas.ts'
import type { Rule, Told } from './finding.ts'

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)

const SECRET = /^(password|passwd|passphrase|pwd|pass|secret|token|credential)s?$/
const KEY = /(^|_)(api|secret|private|access|encryption|signing|auth|shared|license|psk)_?key$|(^|_)psk$/
/** What a name ends with that says something of a secret, or where it is, and not what it is. */
const ABOUT =
  /^(file|path|dir|directory|folder|name|length|len|size|user|username|url|uri|id|policy|age|days|count|hash|prompt|enabled|required|ttl|lifetime|expiry|expires|timeout|type|method|algorithm|store|manager|field|header|label|version|rotation|min|max|regex|pattern|chars|format|mode|owner|group|state|host|port)s?$/

/** Whether a name says that what it stands for is a secret itself. */
const isSecretName = (name: string): boolean => {
  const words = wordsOf(name)
  if (ABOUT.test(words.at(-1) ?? '')) return false
  return words.some(word => SECRET.test(word)) || KEY.test(words.join('_'))
}

/** A value that somebody else has to know to keep: no path, no address, no digest of a password, no vault in a text. */
const isInClear = (value: string): boolean =>
  value.trim() !== '' &&
  !/^(~?\/|\.{1,2}\/|\$ANSIBLE_VAULT|\$[0-9a-z]+\$|[a-z][a-z0-9+.-]*:\/\/)/.test(value) &&
  !/^(true|false|yes|no|none|null|omit|absent|present|always|on_create)$/i.test(value)

/** What stands in for a secret that is not given is one as well. */
const FALLBACK = /\|\s*(?:default|d)\(\s*(["'])(?!\1)[^"']+\1/

const isSecretText = (value: string): boolean => (hasBraces(value) ? FALLBACK.test(value) : isInClear(value))

/** What is a secret whatever it is called. */
const isSecretByItself = (value: string): boolean =>
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value) || /:\/\/[^/\s:@{}]+:[^/\s@{}]+@/.test(value)

/** Secrets that stand in a value in clear, each with the name that it is under. */
const clearIn = (at: Located, name: string): { at: Located; name: string }[] => {
  const { value } = at
  if (Array.isArray(value)) return value.flatMap((_, index) => clearIn(locatedMember(at, index), name))
  if (isRecord(value)) return Object.keys(value).flatMap(key => clearIn(locatedMember(at, key), key))
  if (typeof value === 'number')
    return /passw|pwd|passphrase|(^|_)pin$/i.test(name) && isSecretName(name) ? [{ at, name }] : []
  if (typeof value !== 'string') return []
  return isSecretByItself(value) || (isSecretName(name) && isSecretText(value)) ? [{ at, name }] : []
}

const told = ({ at, name }: { at: Located; name: string }): Told => ({
  what: `"${name}" holds a secret in clear.`,
  fix: '`runbook vault encrypt_string` makes a value of it that only a password opens, `runbook vault encrypt` a file.',
  origin: at.origin,
})

/** Passwords, tokens and keys that no vault holds: in variables of a playbook, role or inventory, and in arguments that are secret. */
export const secretInClear: Rule = ({ loaded, signatures }) => {
  const tasks = loaded.playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const ofVariables = variableLayers({ ...loaded, extra: {} }).flatMap(layer =>
    Object.entries(layer).flatMap(([name, at]) => clearIn(at, name)),
  )
  const ofArguments = tasks.flatMap(({ module, args, environment = [], says }) => [
    ...argumentsThat('secret', signatures[module]?.args).flatMap(name => {
      const at = locatedMember(args, name)
      return typeof at.value === 'string' && isSecretText(at.value) ? [{ at, name }] : []
    }),
    ...[...environment, locatedMember(args, 'environment'), ...(says.environment ? [says.environment] : [])].flatMap(
      at => clearIn(at, 'environment'),
    ),
  ])
  return [...ofVariables, ...ofArguments].filter(({ at }) => !isVaultFile(at.origin.file)).map(told)
}

import { type Failure, type Reason, Refusal } from '../core/failure.ts'
import type { Said, SaidBy } from './precedence.ts'

const REASONS: Record<SaidBy['by'], Reason> = {
  variable: 'inventory-variable',
  keyword: 'playbook-shape',
  option: 'usage-option',
  environment: 'usage-option',
  'ansible.cfg': 'usage-file',
  ssh_config: 'usage-file',
  default: 'usage-option',
}

/** A setting as a sentence begins with it: whose it is shows where it may be another host's as well. */
const named = (host: string, { by, name, origin }: SaidBy): string => {
  if (by === 'ansible.cfg') return `${name} of ${origin!.file}`
  if (by === 'ssh_config') return `the ssh_config of ${host}`
  return by === 'variable' ? `${name} of ${host}` : name
}

/** What is wrong with a setting of a host, in the words of whoever said it. */
export const settingFault = (host: string, from: SaidBy, what: string, fix: string): Failure => ({
  reason: REASONS[from.by],
  what: `${named(host, from)} ${what}`,
  fix,
  ...(from.origin && { origin: from.origin }),
})

export const refuseSetting = (host: string, from: SaidBy, what: string, fix: string): never => {
  throw new Refusal(settingFault(host, from, what, fix))
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value)

/** Only a variable has a type of its own: whatever else says something says it as text. */
const isText = (said: Said): said is Said & { value: string } => typeof said.value === 'string'

export const textOf = (host: string, said: Said | undefined): string | undefined => {
  if (said === undefined) return undefined
  if (isText(said) && said.value !== '' && !/[\0\n]/.test(said.value)) return said.value
  return refuseSetting(host, said.from, `is ${shown(said.value)}`, 'write a text of one line')
}

/** A place of which the line is not shown: what stands there is a secret. */
export const hiddenPlace = (from: SaidBy): SaidBy => ({
  ...from,
  ...(from.origin && { origin: { ...from.origin, unquoted: true } }),
})

/** Like a text, but never shown, not even the line it is written in. */
export const secretOf = (host: string, said: Said | undefined): string | undefined => {
  if (said === undefined) return undefined
  if (isText(said) && said.value !== '' && !/[\0\n]/.test(said.value)) return said.value
  const { value } = said
  const kind = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a mapping' : `a ${typeof value}`
  const what = isText(said) ? 'is empty, or has several lines' : `is ${kind}, not a text`
  return refuseSetting(host, hiddenPlace(said.from), what, 'write it in quotes, in one line')
}

export const numberOf = (host: string, said: Said | undefined, most: number, least = 1): number | undefined => {
  if (said === undefined) return undefined
  const { value, from } = said
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number
  return refuseSetting(host, from, `is ${shown(value)}`, `write a whole number from ${least} to ${most}`)
}

const YES = ['true', 'yes', 'on', 'y', 't', '1']
const NO = ['false', 'no', 'off', 'n', 'f', '0']

/** As Ansible reads a truth value; undefined for any other word. */
export const truthOf = (value: unknown): boolean | undefined => {
  const word = String(value).trim().toLowerCase()
  return YES.includes(word) ? true : NO.includes(word) ? false : undefined
}

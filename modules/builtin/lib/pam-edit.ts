import { same } from '../../../src/module/module.ts'

/** A rule of PAM's: `TYPE CONTROL MODULE ARGUMENTS`. */
export type PamRule = { type: string; control: string; module: string; args: string[] }
/** What a rule is known by. */
type Known = Pick<PamRule, 'type' | 'control' | 'module'>
/** A line of a file: a rule, or anything else, which stays as it is. A rule that is as it was read is written as it was. */
type Line = { text: string; rule?: PamRule; isRemark: boolean }

export const pamTypes = ['account', '-account', 'auth', '-auth', 'password', '-password', 'session', '-session']
const simpleControls = ['required', 'requisite', 'sufficient', 'optional', 'include', 'substack', 'definitive']
const results =
  'success open_err symbol_err service_err system_err buf_err perm_denied auth_err cred_insufficient authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail cred_expired cred_err no_module_data conv_err authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging try_again ignore abort authtok_expired module_unknown bad_item conv_again incomplete default'.split(
    ' ',
  )
const actions = ['ignore', 'bad', 'die', 'ok', 'done', 'reset']

/** Arguments in a text: words, and what stands in brackets as one. */
export const pamArguments = (text: string): string[] => text.match(/\[.*\]|\S+/g) ?? []

const plainControl = (control: string): string =>
  control.startsWith('[') ? `[${control.replaceAll(' = ', '=').replace(/[[\]]/g, '')}]` : control

const isControl = (control: string): boolean => {
  if (!control.startsWith('[')) return simpleControls.includes(control)
  const pairs = control.slice(1, -1).split(/\s+/).filter(Boolean)
  return pairs.every(pair => {
    const [result = '', action = '', ...more] = pair.split('=')
    return more.length === 0 && results.includes(result) && (actions.includes(action) || /^\d+$/.test(action))
  })
}

const ruleIn = (text: string): PamRule | undefined => {
  const found = /(-?(?:auth|account|session|password))\s+(\[.*\]|\S*)\s+(\S*)\s*(.*)\s*/.exec(text)
  if (!found) return undefined
  const [, type = '', control = '', module = '', args = ''] = found
  return { type, control: plainControl(control), module, args: pamArguments(args) }
}

const written = ({ type, control, module, args }: PamRule): string =>
  [`${type.padEnd(11)}${control}`, module, ...args].join(' ')

const lineOf = (text: string): Line => {
  const bare = text.trimStart()
  if (bare === '' || bare.startsWith('#')) return { text, isRemark: true }
  if (bare.startsWith('@include')) return { text, isRemark: false }
  const rule = ruleIn(text)
  return { text, isRemark: false, ...(rule ? { rule } : {}) }
}

/** What a rule that is there becomes. */
type RuleEdit =
  | { state: 'updated'; type?: string; control?: string; module?: string; args?: string[] }
  | { state: 'args_absent' | 'args_present'; args: string[] }
/** What is to become of rules that are known by type, control and module, in Ansible's terms. */
export type PamEdit = { known: Known } & (RuleEdit | { state: 'absent' } | { state: 'before' | 'after'; rule: PamRule })

const isKnown = (rule: PamRule | undefined, { type, control, module }: Known): boolean =>
  rule?.type === type && rule.control === control && rule.module === module

const name = (arg: string): string => arg.split('=')[0]!

/** The arguments with others: one that has a value gets another value in its place. */
const withArguments = (args: string[], wanted: string[]): string[] => {
  const values = new Map(wanted.filter(one => one.includes('=')).map(one => [name(one), one]))
  const kept = args.map(one => (one.includes('=') && !one.startsWith('[') ? (values.get(name(one)) ?? one) : one))
  return [...new Set([...kept, ...wanted.filter(one => !kept.includes(one))])]
}

const updated = (rule: PamRule, edit: RuleEdit): PamRule => {
  if (edit.state !== 'updated') {
    const isThere = edit.state === 'args_present'
    const args = isThere ? withArguments(rule.args, edit.args) : rule.args.filter(arg => !edit.args.includes(arg))
    return { ...rule, args }
  }
  const { type = rule.type, control = rule.control, module = rule.module, args = rule.args } = edit
  return { type, control: plainControl(control), module, args }
}

/** Whether the next line in a direction that is no remark is the rule already. */
const isBeside = (lines: Line[], at: number, step: 1 | -1, rule: PamRule): boolean => {
  let i = at + step
  while (lines[i]?.isRemark) i += step
  return isKnown(lines[i]?.rule, rule)
}

const editedLines = (lines: Line[], edit: PamEdit): Line[] =>
  lines.flatMap((line, at) => {
    const { rule } = line
    if (!rule || !isKnown(rule, edit.known)) return [line]
    if (edit.state === 'absent') return []
    if ('rule' in edit) {
      const isBefore = edit.state === 'before'
      if (isBeside(lines, at, isBefore ? -1 : 1, edit.rule)) return [line]
      const added = { text: written(edit.rule), rule: edit.rule, isRemark: false }
      return isBefore ? [added, line] : [line, added]
    }
    const made = updated(rule, edit)
    return [same(made, rule) ? line : { text: written(made), rule: made, isRemark: false }]
  })

/** A line that PAM would not understand. */
const wrongLine = (lines: Line[]): string | undefined =>
  lines.find(
    ({ text, rule, isRemark }) =>
      !isRemark && !text.startsWith('@include') && !(rule && pamTypes.includes(rule.type) && isControl(rule.control)),
  )?.text

/**
 * The text after the edit. Lines that are not meant stay to the letter, where Ansible writes all rules anew, drops remarks beside a new
 * one and puts its name and the time into the second line. Or a line that is no rule, for that keeps people from logging in.
 */
export const editPam = (text: string, edit: PamEdit): string | { wrong: string } => {
  const lines = text.replace(/\n$/, '').split('\n').map(lineOf)
  const after = text === '' ? [] : editedLines(lines, edit)
  const wrong = wrongLine(after)
  if (wrong !== undefined) return { wrong }
  return after.length === 0 ? '' : `${after.map(line => line.text).join('\n')}\n`
}

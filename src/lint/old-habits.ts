import { plainWord } from '../load/block.ts'
import { type Located, locatedMember } from '../load/located.ts'
import type { Rule } from './finding.ts'

const CONDITIONS = ['when', 'until', 'failed_when', 'changed_when']

const textsOf = (at: Located): Located[] =>
  Array.isArray(at.value) ? at.value.map((_, index) => locatedMember(at, index)) : [at]

/** A condition is an expression by its place: braces around it are evaluated twice in some versions of Ansible, and refused in others. */
export const bracesInCondition: Rule = ({ written }) =>
  written.flatMap(({ members }) =>
    CONDITIONS.flatMap(word => {
      const at = members.get(word)
      return at ? textsOf(at).map(one => ({ word, one })) : []
    }).flatMap(({ word, one: { value, origin } }) =>
      typeof value === 'string' && /\{\{|\{%/.test(value)
        ? {
            what: `"${word}" is an expression already, and has braces.`,
            fix: `Write it without them: ${word}: ${/^\s*\{\{\s*([^{}]*?)\s*\}\}\s*$/.exec(value)?.[1] ?? 'EXPRESSION'}`,
            origin,
          }
        : [],
    ),
  )

/** `with_items: packages` is a list of one text in today's Ansible, and was the variable once. */
export const bareLoop: Rule = ({ written }) =>
  written.flatMap(({ members }) =>
    [...members].flatMap(([key, at]) =>
      /^with_/.test(plainWord(key)) &&
      typeof at.value === 'string' &&
      /^\s*[A-Za-z_][\w.[\]'"]*\s*$/.test(at.value) &&
      !isOfFiles(key)
        ? {
            what: `"${key}" has a bare name, which is the text "${at.value.trim()}" and no variable.`,
            fix: `Write loop: "{{ ${at.value.trim()} }}".`,
            origin: at.origin,
          }
        : [],
    ),
  )
/** What takes texts: names of files, lines of programs, numbers. */
const isOfFiles = (key: string): boolean =>
  /^with_(file|fileglob|first_found|lines|pipe|env|inventory_hostnames|sequence|template|url|ini|csvfile|password|random_choice|filetree)$/.test(
    key,
  )

const isOn = (value: unknown): boolean =>
  value === true || (typeof value === 'string' && /^(yes|true|on)$/i.test(value))

/** What is ignored and kept under no name is looked at by nobody. */
export const ignoredErrors: Rule = ({ written }) =>
  written.flatMap(({ kind, members }) => {
    const at = members.get('ignore_errors')
    if (kind !== 'task' || at === undefined || !isOn(at.value) || members.has('register')) return []
    return {
      what: 'Whatever goes wrong here is ignored, and nothing looks at it.',
      fix: 'Say with failed_when what is no failure, or register it and look at what it says.',
      origin: at.origin,
    }
  })

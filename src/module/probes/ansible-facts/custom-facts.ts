import type { Json } from '../../../core/value.ts'
import { linesOf, namedValues, type Section, type Subset } from './section.ts'

/** Where a host keeps facts of its own, if nobody says otherwise. */
const folder = '/etc/ansible/facts.d'

/**
 * Each `*.fact`, in the order of their names: one that its owner may execute is run, any other is read. Behind a line
 * `\\035NAME KIND` stands what it printed, and behind `\\034CODE` what it had to complain about.
 */
const customSection: Section = {
  name: 'custom-facts',
  sh: `cd ${folder} || exit 0
for f in *.fact; do [ -e "$f" ] || continue
case $(ls -lLd "./$f") in
???[xs]*) printf '\\n\\035%s run\\n' "$f"
{ e=$({ "${folder}/$f" </dev/null; printf '\\n\\034%s\\n' $?; } 2>&1 >&5); } 5>&1; printf '%s\\n' "$e";;
*) printf '\\n\\035%s read\\n' "$f"; cat "./$f";; esac; done; :`,
}

/** Sections of `name = value`, as Python's ConfigParser reads them: names of options in small letters, all values texts. */
const iniFacts = (text: string): Json | undefined => {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let option: string | undefined
  for (const line of linesOf(text)) {
    const stripped = line.replace(/^\s*[#;].*$/, '').trimEnd()
    if (stripped.trim() === '') continue
    const header = /^\[(.+)\]/.exec(stripped.trim())
    if (/^\s/.test(stripped) && section && option !== undefined) {
      section.set(option, `${section.get(option)}\n${stripped.trim()}`)
      continue
    }
    if (header) {
      if (sections.has(header[1]!)) return undefined
      section = new Map()
      sections.set(header[1]!, section)
      option = undefined
      continue
    }
    const pair = /^(.*?)\s*[=:]\s*(.*)$/.exec(stripped.trim())
    if (!pair || !section || pair[1] === '') return undefined
    option = pair[1]!.toLowerCase()
    if (section.has(option)) return undefined
    section.set(option, pair[2]!)
  }
  const defaults = sections.get('DEFAULT') ?? new Map<string, string>()
  sections.delete('DEFAULT')
  return namedValues([...sections].map(([name, own]) => [name, namedValues([...defaults, ...own])]))
}

/** JSON as Python reads it: it has three words of its own for numbers that are none, which are refused here. */
const factIn = (text: string, path: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return iniFacts(text) ?? `error loading facts as JSON or ini - please check content: ${path}`
  }
}

export const customFacts: Subset = {
  facts: ['local'],
  sections: [customSection],
  make: printed => {
    const facts = namedValues<Json>()
    for (const part of printed(customSection).split('\n\x1d').slice(1)) {
      const end = part.indexOf('\n')
      const [, file = '', kind] = /^(.*) (run|read)$/.exec(part.slice(0, end)) ?? []
      const text = part.slice(end + 1)
      const path = `${folder}/${file}`
      const name = file.replaceAll('.fact', '')
      const at = kind === 'run' ? text.lastIndexOf('\n\x1c') : text.length
      const [, code = '0', complaint = ''] = /^\n\x1c(\d+)\n([\s\S]*)$/.exec(text.slice(at)) ?? []
      facts[name] =
        code === '0'
          ? factIn(text.slice(0, at), path)
          : `Failure executing fact script (${path}), rc: ${code}, err: ${complaint}`
    }
    return { local: facts }
  },
}

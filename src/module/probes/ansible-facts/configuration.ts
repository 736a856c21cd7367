import type { Json } from '../../../core/value.ts'
import { type FactValues, linesOf, namedValues, type Section, type Subset, wordsOf } from './section.ts'

const resolverSection: Section = { name: 'resolver', sh: '[ -r /etc/resolv.conf ] && cat /etc/resolv.conf; :' }

/** The words behind each keyword of resolv.conf(5). Nameservers add up, of the rest the last line counts. */
export const resolver: Subset = {
  facts: ['dns'],
  sections: [resolverSection],
  make: printed => {
    const dns: FactValues = {}
    for (const line of linesOf(printed(resolverSection))) {
      if (/^[#;]/.test(line)) continue
      const [keyword, ...words] = wordsOf(line)
      if (keyword === 'nameserver') dns.nameservers = [...((dns.nameservers as string[]) ?? []), ...words]
      else if (keyword === 'domain' && words[0] !== undefined) dns.domain = words[0]
      else if (keyword === 'search' || keyword === 'sortlist') dns[keyword] = words
      else if (keyword === 'options')
        dns.options = namedValues(
          words.map((word): [string, Json] => {
            const [name = '', ...value] = word.split(':')
            return [name, value.join(':') || true]
          }),
        )
    }
    return { dns }
  },
}

const commandLineSection: Section = { name: 'command-line', sh: 'cat /proc/cmdline' }

/** Words between blanks. One that begins with a quote goes on to the next; one that has no next makes all of it unreadable. */
const kernelWords = (text: string): string[] => {
  const words = text.match(/"[^"]*"|'[^']*'|\S+/g) ?? []
  return words.some(word => /^(["'])(?!.*\1$)|^["']$/.test(word)) ? [] : words
}

export const kernelArguments: Subset = {
  facts: ['cmdline', 'proc_cmdline'],
  sections: [commandLineSection],
  make: (printed): FactValues => {
    const text = printed(commandLineSection).trim()
    if (text === '') return {}
    const cmdline = namedValues<Json>()
    const proc = namedValues<Json>()
    for (const word of kernelWords(text)) {
      const at = word.indexOf('=')
      const name = at < 0 ? word : word.slice(0, at)
      const value = at < 0 ? true : word.slice(at + 1)
      cmdline[name] = value
      const before = proc[name]
      if (value === true || before === undefined) proc[name] = value
      else proc[name] = Array.isArray(before) ? [...before, value] : [before, value]
    }
    return { cmdline, proc_cmdline: proc }
  },
}

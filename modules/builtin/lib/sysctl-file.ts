/** A file of kernel parameters as Ansible's sysctl reads and writes it: each of them once, as `name=value`. */

/** What it sets, by name; of several lines of a name the last one counts. */
export const sysctlsIn = (text: string): Map<string, string> => {
  const found = new Map<string, string>()
  for (const [name, value] of text.split('\n').flatMap(settingIn)) found.set(name, value)
  return found
}

const settingIn = (line: string): [name: string, value: string][] => {
  const bare = line.trim()
  const at = bare.indexOf('=')
  return /^[#;]/.test(bare) || at < 0 ? [] : [[bare.slice(0, at).trim(), bare.slice(at + 1).trim()]]
}

/**
 * The text with another value of one name, or without it. Any such change has all lines written anew, without blanks around,
 * and of several lines of a name the first one is left.
 */
export const withSysctl = (text: string, name: string, value: string | undefined): string => {
  const lines: string[] = []
  const seen = new Set<string>()
  for (const line of text === '' ? [] : text.replace(/\n$/, '').split('\n')) {
    const [setting] = settingIn(line)
    if (setting === undefined) lines.push(line.trim())
    else if (!seen.has(setting[0])) {
      seen.add(setting[0])
      if (setting[0] !== name) lines.push(setting.join('='))
      else if (value !== undefined) lines.push(`${name}=${value}`)
    }
  }
  if (value !== undefined && !seen.has(name)) lines.push(`${name}=${value}`)
  return lines.map(line => `${line}\n`).join('')
}

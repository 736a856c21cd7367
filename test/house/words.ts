/** What must not stand in a text: where, what it is, and why. */
export type Word = { pattern: RegExp; why: string; in(file: string): boolean }

const isCode = (file: string): boolean => /^(src|modules)\/.*\.ts$/.test(file)
const isTyped = (file: string): boolean => /\.ts$/.test(file)
const isTest = (file: string): boolean => /\.test\.ts$/.test(file)
const any = (): boolean => true

// Written in pieces, so that this file does not contain what it looks for.
const todo = `TO${'DO'}|FIX${'ME'}`
const registry = ['registry', 'artifactory', 'nexus'].join('|')

export const WORDS: Word[] = [
  {
    pattern: /\b(?:checkMode|dryRun|isCheck|isDryRun|isCheckMode)\b/,
    why: 'there is no check flag below the command line',
    in: file => isCode(file) && !file.startsWith('src/cli/'),
  },
  {
    pattern: /\bcatch\b/,
    why: 'would swallow what is not known yet: use later()',
    // Of a text that is known to be there already.
    in: file => file.startsWith('modules/') && file !== 'modules/ipfs/lib/printed-json.ts',
  },
  {
    pattern: /JSON\.stringify\(.*\)\s*[!=]==|[!=]==\s*JSON\.stringify/,
    why: 'the order of keys would count: use same()',
    in: file => file.startsWith('modules/'),
  },
  { pattern: /^\s*(?:export\s+)?(?:const\s+)?(?:enum|namespace)\s+\w/m, why: 'not erasable', in: isTyped },
  { pattern: /\w\.only\(['"]/, why: 'a stray only leaves the other tests out', in: isTest },
  { pattern: new RegExp(`\\b(?:${todo})\\b(?!.{0,3}#\\d)`), why: 'needs the number of an issue', in: any },
  {
    pattern: new RegExp(`\\b(?:${registry})[.-][\\w.-]*\\.[a-z]{2,}\\b`),
    why: 'names the host of a package registry',
    in: any,
  },
  {
    pattern: /(?<![\w}])\/(?:Users|home)\/(?!NAME\b|ada\b|app\b|ann\b|bob\b|deploy\b|\$)\w+\//,
    why: "a path in a machine's home",
    in: any,
  },
]

/** The collection that comes with runbook serves any host: what belongs to one program is in that program's collection. */
export const namesIpfs = (text: string): boolean => /ipfs|kubo|cluster|multiaddr|restapilog/i.test(text)

/** Names of modules that are words of the engine too: kinds of answers, of accounts, of files, of steps, of verdicts, values of facts, who runs services and installs packages. */
const alsoWords = [
  'apk',
  'apt',
  'capabilities',
  'command',
  'cron',
  'dnf',
  'fail',
  'fetch',
  'file',
  'find',
  'group',
  'pause',
  'service',
  'systemd',
  'template',
  'user',
]

/** The engine knows no module by name: what it has to know of one stands in the module's schemas. */
export const moduleNames = (names: string[]): Word => {
  const own = names.filter(name => !alsoWords.includes(name)).join('|')
  return {
    pattern: new RegExp(`\\bmodule\\)? [!=]== '(?:${names.join('|')})'|(?<![\\w.])'(?:${own})'`),
    why: 'the engine knows no module by name: make it a word of its schema',
    in: file => /^src\/(?!lab\/).*\.ts$/.test(file),
  }
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** Every place of a text where a word stands that must not. */
export const strayWords = (file: string, text: string, words = WORDS): string[] =>
  words
    .filter(word => word.in(file))
    .flatMap(({ pattern, why }) => {
      const found = pattern.exec(text)
      return found ? [`${file}:${lineOf(text, found.index)}: "${found[0].trim()}": ${why}`] : []
    })

/** A file of tests runs them, and is named so that it is found. */
export const strayTest = (file: string, text: string): string[] => {
  const registers = /from 'uvu'/.test(text) && /^\w+\.run\(\)/m.test(text)
  if (isTest(file) && !registers) return [`${file} does not run its tests: it ends without test.run()`]
  if (registers && !isTest(file)) return [`${file} runs tests, but is not named *.test.ts`]
  return []
}

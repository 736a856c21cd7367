const EXPORTED =
  /^export\s+(?:declare\s+|abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|type|interface)\s+(\w+)/gm

/** The names that a file gives to what it exports. What it passes on from another file is named there. */
export const exportedNames = (text: string): string[] => [...text.matchAll(EXPORTED)].map(([, name]) => name!)

/** Names that more than one file exports, each with those files: a name stands for one thing. */
export const namesTwice = (sources: [file: string, text: string][]): string[] => {
  const all = sources.flatMap(([file, text]) => exportedNames(text).map(name => ({ name, file })))
  return [...Map.groupBy(all, ({ name }) => name)]
    .filter(([, found]) => found.length > 1)
    .map(
      ([name, found]) =>
        `${name}: ${found
          .map(({ file }) => file)
          .sort()
          .join(', ')}`,
    )
    .sort()
}

/** Words that a reader would have to look up; each has a better one in the glossary. */
const OLD_WORDS = new Set(
  'take takes taken meet lay hold holds held kept lose aside fight fights claim claims tape shelf canon owed raze trouble'.split(
    ' ',
  ),
)

/** Exported names that are made with one of the old words. */
export const oldNames = (file: string, text: string): string[] =>
  exportedNames(text)
    .filter(name => name.split(/(?<=[a-z0-9])(?=[A-Z])|_/).some(part => OLD_WORDS.has(part.toLowerCase())))
    .map(name => `${file}: ${name}`)

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/
/** Modules are called as in playbooks, and so are the folders of their cases. */
const MODULE = /^modules\/\w+\/\w+\.ts$|^test\/modules\/\w+\/\w+(\.test\.ts$|\/)/

const READ_FIRST = /(^|\/)README\.md$/

/** Whether a file, and each folder that it is in, has a name in kebab-case. */
export const isKebabCase = (file: string): boolean =>
  MODULE.test(file) || READ_FIRST.test(file) || file.split('/').every(part => KEBAB.test(part.split('.')[0]!))

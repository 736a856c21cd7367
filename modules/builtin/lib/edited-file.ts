import { type Content, content, type FileAnswer } from '../../../src/module/module.ts'
import type { NamedAccounts } from './file-attributes.ts'
import { decideFile, type FileDecision, type PutArguments } from './file-content.ts'
import { type Encoding, uneditable } from './line-edits.ts'
import type { Obstacle } from './paths.ts'

/** The text that a file of text holds; nothing where there is none. */
export const editableText = (found: FileAnswer, encoding: Encoding = 'utf8'): string =>
  found.exists && found.kind === 'file' ? found.content.bytes.toString(encoding) : ''

type EditArguments = {
  create?: boolean
  restless: Obstacle
  encoding?: Encoding
  /** The text as content: `secretContent` where it is to be shown nowhere. */
  asContent?: (text: string) => Content
}

/**
 * A file of text after an edit. `edit` is a function of the text alone; what it says in place of one is why it cannot be made.
 * `restless`: told where the edit of what it has made is another one, so that it would change the file in every run.
 */
export const decideEdit = (
  path: string,
  edit: (text: string) => string | Obstacle,
  {
    create,
    restless,
    encoding = 'utf8',
    asContent = text => content(Buffer.from(text, encoding)),
    ...args
  }: PutArguments & EditArguments,
  seen: NamedAccounts & { file: FileAnswer; parent: FileAnswer },
): FileDecision => {
  if (!seen.file.exists && !create)
    return {
      is: 'fail',
      why: `${path} does not exist`,
      fix: `${create === undefined ? '' : 'set create: true, or '}make it in an earlier task, with copy or template`,
    }
  const problem = uneditable(path, seen.file, encoding)
  if (problem) return { is: 'fail', ...problem }
  const edited = edit(editableText(seen.file, encoding))
  if (typeof edited !== 'string') return { is: 'fail', ...edited }
  if (edit(edited) !== edited) return { is: 'fail', ...restless }
  return decideFile(path, () => asContent(edited), args, seen)
}

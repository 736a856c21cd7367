import { type Callable, type Context, callableIn } from '../callable.ts'
import type { ControllerAnswers } from '../controller-answers.ts'
import { globPattern } from '../lookups/glob.ts'
import { withEnvironment, withHome } from '../lookups/search.ts'
import type { Value } from '../value.ts'
import { textOnly } from './argument.ts'

const asking = (name: string, answer: (controller: ControllerAnswers, text: string) => Value): Callable =>
  callableIn(['path'], (context: Context, value: Value) => {
    const text = textOnly(value)
    return context.ask(`${name} ${text}`, controller => answer(controller, text))
  })

const isMagic = (part: string): boolean => /[*?[]/.test(part)

/** All paths that a pattern means, part for part. */
const globbed = (controller: ControllerAnswers, pattern: string): string[] => {
  const parts = pattern.split('/')
  return parts.reduce<string[]>(
    (found, part, at) =>
      found.flatMap(folder => {
        const below = (name: string): string => (at === 0 ? name : `${folder}/${name}`)
        if (!isMagic(part)) return [below(part)]
        const glob = globPattern(part)
        const names = controller.namesIn(at === 0 ? '.' : folder === '' ? '/' : folder)
        return names.filter(name => glob.test(name)).map(below)
      }),
    [''],
  )
}

/** Filters that look at the disk of the controller, and at its environment. */
export const diskFilters: Record<string, Callable> = {
  realpath: asking('realpath', (controller, path) => controller.realPath(path)),
  fileglob: asking('fileglob', (controller, pattern) =>
    globbed(controller, pattern).filter(path => controller.kindOf(path) === 'file'),
  ),
  expanduser: asking('expanduser', withHome),
  expandvars: asking('expandvars', withEnvironment),
}

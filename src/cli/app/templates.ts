import { isUtf8 } from 'node:buffer'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FileFault, readControllerFile } from '../../core/controller-file.ts'
import { type Origin, refuse } from '../../core/failure.ts'
import { openIfVault } from '../../core/vault-file.ts'
import { hasBraces } from '../../load/braces.ts'
import { compileJinja } from '../../load/jinja-template.ts'
import type { Task } from '../../load/playbook.ts'
import type { Template } from '../../load/template.ts'

/** The text of a template file. As text, bytes of another kind would arrive as something else. */
const templateText = (at: string): string => {
  const origin = { file: at, line: 1, column: 1 }
  if (statSync(at).isDirectory()) refuse('playbook-template', 'A folder is no template.', { origin })
  const bytes = readBytes(at, origin)
  const fix = 'Put it in place with copy, or save it as UTF-8.'
  return isUtf8(bytes)
    ? bytes.toString()
    : refuse('playbook-template', 'The template is no UTF-8 text.', { origin, fix })
}

const readBytes = (at: string, origin: Origin): Buffer => {
  try {
    return openIfVault(readControllerFile(at), at, 'content')
  } catch (error) {
    if (error instanceof FileFault) return refuse('playbook-template', `The template ${error.told}.`, { origin })
    throw error
  }
}

/** Handlebars is told by its name; every other template is Jinja. */
const isHandlebars = (path: string): boolean => path.endsWith('.hbs')

/** The template files of a playbook, each read once. */
export type Templates = {
  /** Loads the reader of Handlebars, where a template of these tasks may need it: other playbooks start without it. */
  ready(tasks: Task[]): Promise<void>
  /** The template of this file. Throws a Refusal `playbook-template` where it cannot be read. */
  at(path: string): Template
  /** The files that were looked into, with those that templates include. */
  files(): string[]
}

export const createTemplates = (folder: string): Templates => {
  let handlebars: typeof import('../../load/template.ts') | undefined
  const compiled = new Map<string, Template>()
  const included = new Set<string>()
  /** What a template includes lies in `templates/` beside the playbook, beside that, or beside the template. */
  const includedBy = (at: string) => (name: string) => {
    // A name that leads out of these folders is none, as in Jinja.
    if (name.split('/').includes('..')) return undefined
    const folders = [folder, dirname(at)].flatMap(one => [join(one, 'templates'), one])
    const file = folders.map(one => join(one, name)).find(path => existsSync(path))
    if (file === undefined) return undefined
    included.add(file)
    return { text: templateText(file), file }
  }
  const compile = (at: string): Template => {
    if (!isHandlebars(at)) return compileJinja({ text: templateText(at), file: at }, includedBy(at))
    if (!handlebars) throw new Error('the reader of Handlebars has not been loaded')
    return handlebars.compileFile(templateText(at), at)
  }
  return {
    ready: async tasks => {
      const paths = tasks.flatMap(task => task.templates.map(name => task.args.value[name]))
      if (paths.some(path => typeof path === 'string' && (isHandlebars(path) || hasBraces(path))))
        handlebars ??= await import('../../load/template.ts')
    },
    at: path => {
      const known = compiled.get(path) ?? compile(path)
      compiled.set(path, known)
      return known
    },
    files: () => [...compiled.keys(), ...included],
  }
}

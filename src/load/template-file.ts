import { dirname, join } from 'node:path'
import { type Origin, originBehind } from '../core/failure.ts'
import type { ControllerAnswers } from '../jinja/controller-answers.ts'
import { ansibleDelimiters, type Delimiters } from '../jinja/delimiters.ts'
import { normalized } from '../jinja/lexer.ts'
import { withoutHeader } from '../jinja/overrides.ts'
import { type JinjaTemplate, type RenderWith, readTemplate } from '../jinja/template.ts'
import { controllerOf, type HostScope } from './scope-values.ts'
import { readable } from './template-faults.ts'

/** A file of templates: its text, and its path for failures. */
export type TemplateFile = { text: string; file: string }

/** Reads a file, and tells what cannot be read with its place. */
export const readTemplateFile = (
  { text, file }: TemplateFile,
  how: Delimiters,
  header: 'read' | 'printed',
): JinjaTemplate => {
  const source = { text, lines: 0, place: (at: number, length: number) => placeOf(at, length) }
  const placeOf = (at: number, length: number): Origin => {
    const { line, column } = originBehind(file, source.text.slice(0, at))
    return { file, line: line + source.lines, column, length: Math.max(1, length) }
  }
  return readable(source, 'playbook-template', () => {
    const own = header === 'read' ? withoutHeader(text, how) : { text, how, skipped: 0 }
    Object.assign(source, { text: normalized(own.text, own.how), lines: own.skipped > 0 ? 1 : 0 })
    return readTemplate(own.text, own.how, source)
  })
}

/** The other templates that one reaches for, each read once. */
export const otherTemplates = (find: (name: string) => TemplateFile | undefined, how: Delimiters) => {
  const found = new Map<string, JinjaTemplate | undefined>()
  return (name: string): JinjaTemplate | undefined => {
    if (!found.has(name)) {
      const file = find(name)
      found.set(name, file && readTemplateFile(file, how, 'printed'))
    }
    return found.get(name)
  }
}

/** What a template that is looked up includes lies beside it, in `templates/` where names are looked for, or right there. */
const beside = (controller: ControllerAnswers, path: string) => (name: string) => {
  const folders = [dirname(path), ...controller.folders().flatMap(folder => [join(folder, 'templates'), folder])]
  const file = name.split('/').includes('..')
    ? undefined
    : folders.map(folder => join(folder, name)).find(one => controller.kindOf(one) === 'file')
  return file === undefined ? undefined : { text: controller.read(file), file }
}

/** How templates ask in a scope: the controller, also for templates that are looked up. */
export const askingIn = (scope: HostScope): Pick<RenderWith, 'controller' | 'templateAt'> => ({
  controller: () => controllerOf(scope),
  templateAt: (path, how) => {
    const controller = controllerOf(scope)!
    const text = controller.read(path)
    const template = readTemplateFile({ text, file: path }, { ...ansibleDelimiters, ...how }, 'read')
    return { template, text, other: otherTemplates(beside(controller, path), template.how) }
  },
})

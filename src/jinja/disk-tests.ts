import { type Callable, type Context, callableIn } from './callable.ts'
import type { ControllerAnswers } from './controller-answers.ts'
import { numeric } from './equality.ts'
import { textOnly } from './filters/argument.ts'
import { usable, type Value } from './value.ts'

type Holds = (controller: ControllerAnswers, path: string) => boolean

const about = (name: string, holds: Holds): Callable =>
  callableIn(['value'], (context: Context, value: Value) => {
    const path = textOnly(value)
    return context.ask(`${name} ${path}`, controller => holds(controller, path))
  })

/** The same, for those that Python lets take a number, which is a descriptor: none that a template could mean is a file. */
const aboutAny = (name: string, holds: Holds): Callable => {
  const ofPath = about(name, holds)
  const run: Callable['run'] = (context, values) =>
    numeric(usable(values[0]!)) === undefined ? ofPath.run(context, values) : false
  return { ...ofPath, run }
}

const folder = aboutAny('folder', (controller, path) => controller.kindOf(path) === 'folder')
const file = aboutAny('file', (controller, path) => controller.kindOf(path) === 'file')
const link = about('link', (controller, path) => controller.isLink(path))
const mount = about('mount', (controller, path) => controller.isMount(path))
const same = callableIn(['value', 'other'], (context: Context, value: Value, other: Value) => {
  const [one, two] = [textOnly(value), textOnly(other)]
  return context.ask(`same ${one} ${two}`, controller => controller.realPath(one) === controller.realPath(two))
})

/** Tests of what is on the disk of the controller. */
export const diskTests: Record<string, Callable> = {
  directory: folder,
  is_dir: folder,
  file,
  is_file: file,
  link,
  is_link: link,
  exists: aboutAny('exists', (controller, path) => controller.kindOf(path) !== 'nothing'),
  link_exists: about('name', (controller, path) => controller.isLink(path) || controller.kindOf(path) !== 'nothing'),
  mount,
  is_mount: mount,
  same_file: same,
  vaulted_file: about('vaulted', (controller, path) => controller.isVault(path)),
  is_same_file: same,
}

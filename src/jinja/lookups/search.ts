import { posix } from 'node:path'
import type { Context } from '../callable.ts'
import type { ControllerAnswers } from '../controller-answers.ts'

/** `~` and `~user` at the beginning; of a user who is not there the text stays as it is. */
export const withHome = (controller: ControllerAnswers, path: string): string => {
  const [begin, user] = /^~([^/]*)/.exec(path) ?? []
  const home = user === undefined ? undefined : controller.home(user)
  return home === undefined || begin === undefined ? path : home.replace(/\/+$/, '') + path.slice(begin.length) || '/'
}

/** `$NAME` and `${NAME}`; what is not set stays as it is. */
export const withEnvironment = (controller: ControllerAnswers, text: string): string =>
  text.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain?: string, braced?: string) => controller.environment((plain ?? braced)!) ?? whole,
  )

/** A path as Ansible writes it out: with home and environment, from the folder of the playbook, without `.` and `..`. */
export const wholePath = (controller: ControllerAnswers, path: string): string =>
  posix.resolve(controller.folders().at(-1) ?? '/', withEnvironment(controller, withHome(controller, path)))

const candidates = (controller: ControllerAnswers, subfolder: string | undefined, name: string): string[] => {
  if (/^[~/]/.test(name)) return [wholePath(controller, name)]
  const isBelow = subfolder === undefined || name.split('/')[0] === subfolder
  return controller
    .folders()
    .flatMap(folder => [...(isBelow ? [] : [`${folder}/${subfolder}/${name}`]), `${folder}/${name}`])
}

/** Where a name is found: in `subfolder` of each folder, or right in it. */
export const located = (context: Context, subfolder: string | undefined, name: string): string | undefined =>
  context.ask(`where ${subfolder}/${name}`, controller =>
    candidates(controller, subfolder, name).find(path => controller.kindOf(path) !== 'nothing'),
  )

import { exit } from '../../core/exit.ts'
import { Refusal, refuse } from '../../core/failure.ts'
import { didYouMean } from '../../core/suggest.ts'
import { jsonText } from '../../report/json.ts'
import { printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { type FoundModule, findModule, findModules, namesOfModules } from '../app/all-modules.ts'
import { type Documented, moduleSection } from '../app/module-reference.ts'
import { replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type ModuleOptions = Shown & { playbookDir: string }

const refusing = (options: Shown, inside: () => Promise<number>): Promise<number> =>
  withReport(createReport(replayOptionsFor(options)), inside)

const documented = ({ module }: FoundModule): Documented => module as Documented

/** The first sentence of what a module is for. */
const inShort = (about: string): string => /^[\s\S]*?\.(?=\s|$)/.exec(about)?.[0].replace(/\s+/g, ' ') ?? about

const summaryOf = (one: FoundModule): object => ({
  name: one.name,
  from: one.from,
  about: one.module.about,
  collective: one.module.collective === true,
})

/** `runbook module list`: what playbooks of a folder may name. A file of the user's that is no module is told beside it. */
export const listModules = (options: ModuleOptions): Promise<number> =>
  refusing(options, async () => {
    const { found, failures } = await findModules(options.playbookDir)
    const width = Math.max(...found.map(({ name }) => name.length))
    if (options.format === 'json') process.stdout.write(`${jsonText(found.map(summaryOf), 2)}\n`)
    else
      for (const { name, from, module } of found)
        process.stdout.write(printable(`${name.padEnd(width)}  ${inShort(module.about)} (${from})`).concat('\n'))
    if (failures.length > 0) throw new Refusal(...failures)
    return exit.done
  })

/** `runbook module show NAME`: its arguments, defaults, outputs and examples, as the reference tells them. */
export const showModule = (name: string, options: ModuleOptions): Promise<number> =>
  refusing(options, async () => {
    const found = await findModule(options.playbookDir, name)
    if (found === undefined)
      return refuse('playbook-module', `There is no module "${name}".`, {
        fix: didYouMean(name, namesOfModules(options.playbookDir)) || '`runbook module list` lists all of them.',
      })
    const { args, outputs, examples } = documented(found)
    if (options.format === 'json')
      process.stdout.write(`${jsonText({ ...summaryOf(found), args, outputs, examples }, 2)}\n`)
    else process.stdout.write(printable(moduleSection(documented(found))))
    return exit.done
  })

import { test } from 'uvu'
import type { AnyModule } from '../../src/module/define.ts'
import { loadModule, modulesWithCases } from './cases.ts'
import { checkGroup, groupCasesOf } from './collectives.ts'

for (const name of modulesWithCases()) {
  const module = (await loadModule(name)) as AnyModule
  if (!module.collective) continue
  for (const one of groupCasesOf(module)) test(`${name}, ${one.about}`, () => checkGroup(module, one))
}

test.run()

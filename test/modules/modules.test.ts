import { test } from 'uvu'
import { casesOf, check } from './cases.ts'
import { loadModule, modulesWithCases } from './modules.ts'

for (const name of modulesWithCases()) {
  const module = await loadModule(name)
  for (const one of casesOf(module)) test(`${name}, ${one.about}`, () => check(module, one))
}

test.run()

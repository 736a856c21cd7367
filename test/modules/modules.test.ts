import { test } from 'uvu'
import { casesOf, check, loadModule, modulesWithCases } from './cases.ts'

for (const name of modulesWithCases()) {
  const module = await loadModule(name)
  if (module.collective) continue
  for (const one of casesOf(module)) test(`${name}, ${one.about}`, () => check(module, one))
}

test.run()

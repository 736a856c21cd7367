import type { AnyModule, Diagnose } from './define.ts'

/**
 * Modules whose failures are explained by what all of them know. A service or a command runs programs of every kind,
 * so its failure may be one that another module has words for.
 *
 * @param common what collections of modules know, used here or not, the more telling first. What modules bring
 * besides comes before them, a module's own before that of others.
 */
export const shareDiagnoses = (
  modules: Record<string, AnyModule>,
  common: readonly Diagnose[],
): Record<string, AnyModule> => {
  const brought = Object.values(modules).flatMap(module => module.diagnose ?? [])
  const own = brought.filter(one => !common.includes(one))
  const sharedBy = (module: AnyModule): Diagnose => {
    const first = own.filter(one => one === module.diagnose)
    const all = [...new Set([...first, ...own, ...common])]
    return text => {
      for (const one of all) {
        const found = one(text)
        if (found) return found
      }
      return undefined
    }
  }
  return Object.fromEntries(
    Object.entries(modules).map(([name, module]) => [
      name,
      module.diagnose ? { ...module, diagnose: sharedBy(module) } : module,
    ]),
  )
}

import type { AnyModule, Diagnose } from './define.ts'

/**
 * Modules whose failures are explained by what all of them know. A service or a command runs programs of every kind,
 * so its failure may be one that another module has words for.
 *
 * @param common what collections of modules know, used here or not, the more telling first. What a module brings
 * besides comes before them.
 */
export const shareDiagnoses = (
  modules: Record<string, AnyModule>,
  common: readonly Diagnose[],
): Record<string, AnyModule> => {
  const brought = Object.values(modules).flatMap(module => module.diagnose ?? [])
  const all = [...new Set([...brought.filter(one => !common.includes(one)), ...common])]
  const diagnose: Diagnose = text => {
    for (const one of all) {
      const found = one(text)
      if (found) return found
    }
    return undefined
  }
  return Object.fromEntries(
    Object.entries(modules).map(([name, module]) => [name, module.diagnose ? { ...module, diagnose } : module]),
  )
}

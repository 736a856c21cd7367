import { randomBytes } from 'node:crypto'
import { linkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readBytes } from '../core/controller-file.ts'
import { Refusal, refuse } from '../core/failure.ts'
import { makeWorkFolder, requireOwnFolder, workFolder } from '../core/work-folder.ts'

/**
 * The variable with the key that fingerprints and seals are made with. Who has it not can forge none, nor guess the
 * secrets in them.
 */
export const planKeyVariable = 'RUNBOOK_PLAN_KEY'
const shortest = 16
/** What is longer was put there by mistake. */
const LONGEST = 4096
const inHex = /^[0-9a-f]{64}$/

/** Where the key lies: beside the runs, below the folder that runbook is called in. */
export const planKeyFile = (base: string): string => join(workFolder(base), 'plan.key')

const fromFile = (file: string): Buffer | undefined => {
  requireOwnFolder(dirname(file))
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) return undefined
  if (!found.isFile())
    return refuse('plan-key', `${file} is no file.`, { fix: `Remove it, or set ${planKeyVariable}.` })
  if ((found.mode & 0o077) !== 0)
    return refuse('plan-key', `The key ${file} may be used by others.`, {
      why: `Its mode is ${(found.mode & 0o777).toString(8).padStart(4, '0')}.`,
      fix: `chmod 600 ${file}`,
    })
  const text = readBytes(file, 'key', 'plan-key', undefined, LONGEST).toString().trim()
  if (inHex.test(text)) return Buffer.from(text, 'hex')
  return refuse('plan-key', `${file} is no key.`, {
    why: 'It should hold 64 digits in hex.',
    fix: 'Remove it: `runbook plan -o` makes another one, and plans made with the old one are to be made again.',
  })
}

/**
 * The key: of the environment (at least 16 characters; what stands in a plan.key is that key), else of
 * `.runbook/plan.key` below `base`; undefined where there is none. Throws a Refusal (`plan-key`) for one that is too short, damaged, or open to others.
 */
export const findPlanKey = (base: string, env: NodeJS.ProcessEnv = process.env): Buffer | undefined => {
  const given = env[planKeyVariable]?.trim()
  if (!given) return fromFile(planKeyFile(base))
  if (inHex.test(given)) return Buffer.from(given, 'hex')
  if (given.length >= shortest) return Buffer.from(given)
  return refuse('plan-key', `${planKeyVariable} is shorter than ${shortest} characters.`, {
    fix: `Set it to what it was when the plan was made; for new plans make one: ${planKeyVariable}=$(openssl rand -hex 32)`,
  })
}

/** The key, or a Refusal that says where one is looked for. */
export const requirePlanKey = (base: string, env: NodeJS.ProcessEnv = process.env): Buffer =>
  findPlanKey(base, env) ??
  refuse('plan-key', 'There is no key to check the plan with.', {
    why: `Neither ${planKeyVariable} nor ${planKeyFile(base)} is there.`,
    fix: `Set ${planKeyVariable} to what it was when the plan was made, or bring plan.key along from there.`,
  })

/** The key; one of 32 random bytes is made where there is none. Of several who make one at once the first wins. */
export const findOrMakePlanKey = (base: string, env: NodeJS.ProcessEnv = process.env): Buffer =>
  findPlanKey(base, env) ?? madeKey(planKeyFile(base), base, env)

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

const madeKey = (file: string, base: string, env: NodeJS.ProcessEnv): Buffer => {
  const temporary = `${file}.${process.pid}`
  try {
    makeWorkFolder(base, '')
    writeFileSync(temporary, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true })
  } catch (error) {
    if (error instanceof Refusal) throw error
    refuse('plan-key', `The key ${file} cannot be made: ${codeOf(error)}.`, { fix: `Set ${planKeyVariable}.` })
  }
  try {
    linkSync(temporary, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary)
  }
  return requirePlanKey(base, env)
}

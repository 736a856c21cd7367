import { lineAt } from '../core/controller-file.ts'
import type { Origin } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { type Located, locatedMember } from '../load/located.ts'
import { variableLayers } from '../load/secrets.ts'
import type { Rule, Told } from './finding.ts'

const isMode = (name: string): boolean => /(?:^|_|-)(?:mode|umask|perms?|permissions?)$/i.test(name)

/** A number as it stands in its file. */
const writtenAt = (origin: Origin): string =>
  /^[-+]?[\w.]+/.exec(lineAt(origin)?.slice(origin.column - 1) ?? '')?.[0] ?? ''

/** Digits that are meant as octal and are read as decimal: 644 is the mode 1204. */
const toldOf = ({ value, origin }: Located): Told[] => {
  if (typeof value !== 'number' || !Number.isInteger(value)) return []
  const written = writtenAt(origin)
  if (!/^[1-9]\d*$/.test(written)) return []
  const isOctal = /^[1-7][0-7]{2,3}$/.test(written)
  return [
    {
      what: `${written} is a decimal number here: as a mode it is ${value.toString(8).padStart(4, '0')}.`,
      fix: isOctal ? `Write "${written.padStart(4, '0')}", with quotes.` : 'Write its octal digits, with quotes.',
      origin,
    },
  ]
}

/** Values under names of modes, anywhere in a value. */
const modesIn = (at: Located): Located[] => {
  if (Array.isArray(at.value)) return at.value.flatMap((_, index) => modesIn(locatedMember(at, index)))
  if (!isRecord(at.value)) return []
  return Object.keys(at.value).flatMap(name => {
    const inner = locatedMember(at, name)
    return [...(isMode(name) ? [inner] : []), ...modesIn(inner)]
  })
}

/** The variables that an argument is nothing but. */
const variableIn = ({ value }: Located): string | undefined =>
  typeof value === 'string' ? /^\s*\{\{\s*(\w+)\s*\}\}\s*$/.exec(value)?.[1] : undefined

/** Numeric modes without quotes that are not octal, at a task or in the variable that it takes its mode from. */
export const modeNotOctal: Rule = ({ loaded, written }) => {
  const layers = variableLayers(loaded)
  const ofTasks = written.flatMap(({ at }) => modesIn(at))
  const taken = new Set(ofTasks.flatMap(one => variableIn(one) ?? []))
  const ofVariables = layers.flatMap(layer =>
    Object.entries(layer).flatMap(([name, at]) => [...(taken.has(name) || isMode(name) ? [at] : []), ...modesIn(at)]),
  )
  return [...ofTasks, ...ofVariables].flatMap(toldOf)
}

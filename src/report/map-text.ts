import { isRecord } from '../core/value.ts'

/** A copy of plain data in which every text, names of members included, has gone through `change`. */
export const mapText = <T>(value: T, change: (text: string) => string): T => {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return change(part)
    if (Array.isArray(part)) return part.map(walk)
    if (!isRecord(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, member]) => [change(key), walk(member)]))
  }
  return walk(value) as T
}

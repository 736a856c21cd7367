import { isRecord } from '../core/value.ts'

/**
 * A copy of plain data in which every text, names of members included, has gone through `change`, and every number
 * through `changeNumber`.
 */
export const mapText = <T>(
  value: T,
  change: (text: string) => string,
  changeNumber: (number: number) => number | string = number => number,
): T => {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return change(part)
    if (typeof part === 'number') return changeNumber(part)
    if (Array.isArray(part)) return part.map(walk)
    if (!isRecord(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, member]) => [change(key), walk(member)]))
  }
  return walk(value) as T
}

import type { InputFingerprints } from '../core/event.ts'
import { unknownsIn } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { fingerprint } from './fingerprint.ts'
import type { Line } from './line.ts'

/** Tells keys apart, and nothing of the key. */
export const keyFingerprint = (key: Buffer): string => fingerprint(key, 'key')

const withoutPlace = ({ file: _, bytes: __, ...rest }: Record<string, unknown>): Record<string, unknown> => rest

/** A file of the controller's by its digest: where it lies there is no part of what is asked. */
const byDigest = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(byDigest)
  if (!isRecord(value)) return value
  if (Array.isArray(value.entries)) return { kind: value.kind, entries: value.entries.map(withoutPlace) }
  if (typeof value.sha256 !== 'string') return value
  const { mode: _, ...rest } = withoutPlace(value)
  return rest
}

/** Fingerprints of what a line was asked; undefined where that is not wholly known. */
export const inputFingerprints = (key: Buffer, { inputs }: Line): InputFingerprints | undefined =>
  inputs === undefined || unknownsIn(inputs).length > 0
    ? undefined
    : {
        args: fingerprint(key, inputs.args),
        given: Object.fromEntries(
          Object.entries(inputs.given).map(([name, value]) => [name, fingerprint(key, byDigest(value))]),
        ),
      }

/** Whether the same is asked. Some reads are made only where there is something to do: those of both sides count. */
export const hasSameInputs = (a: InputFingerprints, b: InputFingerprints): boolean =>
  a.args === b.args && Object.entries(a.given).every(([name, one]) => (b.given[name] ?? one) === one)

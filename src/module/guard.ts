import { basename, dirname } from 'node:path'
import { bytesOfText } from '../core/byte-text.ts'
import { digestTest, isGone, isThere, statTest, targetTest } from '../core/path-test.ts'
import { pinFunctions } from '../core/pinned-folder.ts'
import { quote, quoted } from '../core/quote.ts'
import { sha256 } from '../core/value.ts'

/**
 * What was seen at a path, as far as a change could lose it: `absent`, or the kind of what is there; of what is replaced
 * or removed also its digest or target; and of what is handed on to what takes its place, as `stat -c` says it.
 */
export type Guard = {
  path: string
  kind: 'absent' | 'there' | 'file' | 'directory' | 'link' | 'other'
  digest?: string
  target?: string
  handedOn?: { format: string; text: string }
}

/** The status of a step that has found something else than what was seen: it has changed nothing. */
export const movedStatus = 79

const kindTest = ({ path, kind }: Guard, at = quote(path)): string => {
  switch (kind) {
    case 'absent':
      return isGone(path, at)
    case 'there':
      return `{ ${isThere(path, at)}; }`
    case 'file':
      return `[ -f ${at} ] && [ ! -h ${at} ]`
    case 'directory':
      return `[ -d ${at} ] && [ ! -h ${at} ]`
    case 'link':
      return `[ -h ${at} ]`
    case 'other':
      return `[ -e ${at} ] && [ ! -f ${at} ] && [ ! -d ${at} ] && [ ! -h ${at} ]`
  }
}

const attributeTests = ({ path, target, handedOn }: Guard): string[] => [
  ...(target === undefined ? [] : [targetTest(path, target)]),
  ...(handedOn === undefined ? [] : [statTest(path, handedOn)]),
]

/**
 * The test in POSIX sh that ends with 0 exactly where something is still what was seen. What is absent takes no process,
 * the content of a file one, a target or what is handed on another. It never writes.
 */
export const guardTest = (guard: Guard): string =>
  [
    kindTest(guard),
    ...attributeTests(guard),
    ...(guard.digest === undefined ? [] : [digestTest(guard.digest, quote(guard.path))]),
  ].join(' && ')

/** A file with one name has `$h` in a closet, where it is looked at through a link. */
const handedOnInCloset = (path: string, handedOn: { format: string; text: string }): string => {
  const { format, text } = handedOn
  return statTest(path, handedOn, '"$was"', format.endsWith('%h') ? `${quote(text.slice(0, -1))}"$h"` : quote(text))
}

/**
 * The same in a closet for the path (see `pinned-folder.ts`), behind `look`: of what was taken in, which is still there.
 */
export const guardTestInCloset = (guard: Guard): string => {
  const { path, kind, digest, target, handedOn } = guard
  const isTakenIn = kind === 'file' || digest !== undefined
  return [
    kindTest(guard, isTakenIn ? '"$was"' : '"$at"'),
    ...(isTakenIn ? ['[ "$was" -ef "$at" ]'] : []),
    ...(target === undefined ? [] : [targetTest(path, target, '"$at"')]),
    ...(handedOn === undefined ? [] : [handedOnInCloset(path, handedOn)]),
    ...(digest === undefined ? [] : [digestTest(digest, '"$was"')]),
  ].join(' && ')
}

/** What ends with `movedStatus` where it is not what was seen, and prints its path; in a closet. */
export const guardScriptInCloset = (guard: Guard): string =>
  `{ ${guardTestInCloset(guard)}; } || { printf %s ${quote(guard.path)}; exit ${movedStatus}; }`

/** One process for the digests of all: what it prints is compared by its own digest. */
const allDigests = (guards: Guard[]): string => {
  const files = guards.filter(({ digest }) => digest !== undefined)
  const said = sha256(bytesOfText(files.map(({ path, digest }) => `${digest}  ${path}\0`).join('')))
  return files.length === 0
    ? 'true'
    : `[ "$(sha256sum -z -- ${quoted(files.map(({ path }) => path))} 2>/dev/null | sha256sum)" = '${said}  -' ]`
}

/** One process for what is handed on by all of which the same is asked: a line each, compared by their digest. */
const allHandedOn = (guards: Guard[]): string[] => {
  const asked = guards.flatMap(({ path, handedOn }) => (handedOn ? [{ path, ...handedOn }] : []))
  return [...Map.groupBy(asked, ({ format }) => format)].map(([format, same]) => {
    const said = sha256(same.map(({ text }) => `${text}\n`).join(''))
    const paths = quoted(same.map(({ path }) => path))
    return `[ "$(stat -c ${quote(format)} -- ${paths} 2>/dev/null | sha256sum)" = '${said}  -' ]`
  })
}

/**
 * Ends with `movedStatus` where one of these is not what was seen any more, and prints its path; what lies `beside` is
 * removed then. For several there is one look at all digests, and at all that is handed on; only where that fails each is looked
 * at by itself: of 1,000 files that are replaced 0.1 s in place of 5.
 */
export const guardScript = (guards: Guard[], beside: string[] = []): string => {
  const sweep = beside.map(
    path => `( ${pinFunctions}; pin ${quote(dirname(path))} && rm -rf -- ${quote(`./${basename(path)}`)} ); `,
  )
  const each = guards.map(
    guard => `{ ${guardTest(guard)}; } || { ${sweep.join('')}printf %s ${quote(guard.path)}; exit ${movedStatus}; }`,
  )
  if (guards.length < 2) return each.join('\n')
  const others = guards.flatMap(({ handedOn: _, ...guard }) => [kindTest(guard), ...attributeTests(guard)])
  return `{ ${[...others, ...allHandedOn(guards), allDigests(guards)].join(' &&\n')}; } || {\n${each.join('\n')}\n}`
}

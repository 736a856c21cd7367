import type { Origin } from '../core/failure.ts'
import { floatText, momentText } from '../jinja/repr.ts'
import { Moment, type Value } from '../jinja/value.ts'

/** Something that YAML 1.1 reads as another thing than its writer may have meant. `names`: the keys that it is under. */
export type Doubt = { text: string; names: string[]; origin: Origin }

const quotes = (written: string): string => `If text is meant, put quotes around it: "${written}".`

/** Where octal digits are what is meant. */
const wantsOctal = (name: string | undefined): boolean =>
  name !== undefined && /(?:^|_|-)(?:mode|umask|perms?|permissions?)$/i.test(name)

const decimalMode = (written: string, value: bigint): string =>
  `${written} is decimal here: as a mode it is ${value.toString(8).padStart(4, '0')}. If its octal digits are meant, write "0${written}".`

const doubtAboutInteger = (written: string, value: bigint, name: string | undefined): string | undefined => {
  if (written.includes(':'))
    return `${written} is the number ${value} here, as YAML counts in sixties. ${quotes(written)}`
  if (wantsOctal(name)) return /^[1-7][0-7]{2}$/.test(written) ? decimalMode(written, value) : undefined
  if (!/^[-+]?0[\d_]/.test(written)) return undefined
  const how =
    String(value) === written.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1')
      ? ''
      : ', as it begins with 0 and is octal'
  return `${written} is the number ${value} here${how}. ${quotes(written)}`
}

/** Digits that mean nothing to a number, and are not there any more when it is written. */
const doubtAboutFloat = (written: string, value: number): string | undefined => {
  if (!Number.isFinite(value) || /[eE]/.test(written)) return undefined
  const shown = floatText(value)
  if (written.includes(':'))
    return `${written} is the number ${shown} here, as YAML counts in sixties. ${quotes(written)}`
  const digits = written
    .replaceAll('_', '')
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
  return digits === shown ? undefined : `${written} is the number ${shown} here. ${quotes(written)}`
}

const NAMES = /(?:^|_|-)(?:countr(?:y|ies)|lang(?:uages?)?|locales?|nations?|iso|tlds?|regions?|land)(?:_code)?s?$/i
const TWO_LETTERS = /^[A-Za-z]{2}$/

/** Whether all that stand beside each other are such codes as those of countries. */
export const isAmongNames = (texts: (string | undefined)[]): boolean =>
  texts.length > 1 &&
  texts.every(one => one !== undefined && TWO_LETTERS.test(one)) &&
  texts.some(one => !/^(?:no|on)$/i.test(one!))

/**
 * What to tell about a word without quotes, under the name of a key; undefined where there is nothing to tell. `isNamed`: it
 * stands among names of two letters.
 */
export const doubtAbout = (
  written: string,
  value: Value,
  name: string | undefined,
  isNamed: boolean,
): string | undefined => {
  if (typeof value === 'bigint') return doubtAboutInteger(written, value, name)
  if (typeof value === 'number') return doubtAboutFloat(written, value)
  if (typeof value === 'boolean')
    return TWO_LETTERS.test(written) && (isNamed || (name !== undefined && NAMES.test(name)))
      ? `${written} is ${value} here. ${quotes(written)}`
      : undefined
  if (value instanceof Moment)
    return value.time ? `${written} is a time here, and reads ${momentText(value)}. ${quotes(written)}` : undefined
  if (/^[-+]?0\d*[89]\d*$/.test(written) && !wantsOctal(name))
    return `${written} is text here, as 8 and 9 are no octal digits; without them it would be a number. ${quotes(written)}`
  return undefined
}

/** The same for a key, which is hardly ever meant as true or false, or as a number in octal or in sixties. */
export const doubtAboutKey = (written: string, value: Value): string | undefined =>
  typeof value === 'boolean' && !/^(?:true|false)$/i.test(written)
    ? `The key ${written} is ${value} here. ${quotes(written)}`
    : doubtAbout(written, value, undefined, false)

/** Whether what is under a name had better not be shown, whatever it is. */
export const soundsSecret = (name: string): boolean =>
  /pass|pwd|secret|token|credential|private|(?:^|_)(?:pin|key)s?$/i.test(name)

/** A doubt with its place; without what is written there where that is secret. */
export const doubtText = ({ text, origin: { file, line, column } }: Doubt, isSecret: boolean): string =>
  `${file}:${line}:${column}: ${isSecret ? 'this is not read as the text that it is written as. If text is meant, put quotes around it.' : text}`

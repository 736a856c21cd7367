import type { Context } from '../callable.ts'
import { Twister } from '../filters/twister.ts'
import { Dict, type Value, ValueFault } from '../value.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { listOption, textOption, textTerm, wholeOption, writtenOptions } from './options.ts'
import { wholePath } from './search.ts'

const [SMALL, BIG, DIGITS] = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789']
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const WHITE = ' \t\n\r\v\f'

/** Names of sets of characters, as Python has them. */
const SETS: Record<string, string> = {
  ascii_letters: SMALL + BIG,
  ascii_lowercase: SMALL,
  ascii_uppercase: BIG,
  digits: DIGITS,
  hexdigits: `${DIGITS}abcdefABCDEF`,
  octdigits: '01234567',
  printable: DIGITS + SMALL + BIG + PUNCTUATION + WHITE,
  punctuation: PUNCTUATION,
  whitespace: WHITE,
}
const USUAL = ['ascii_letters', 'digits', '.,:-_']
const SALT = `${SMALL}${BIG}${DIGITS}./`
const KNOWN = ['length', 'encrypt', 'chars', 'ident', 'seed']

const charactersOf = (options: Dict, written: string | undefined): string => {
  const sets = written === undefined ? listOption(options, 'chars').map(textTerm) : writtenSets(written)
  const all = (sets.length === 0 ? USUAL : sets).map(set => (Object.hasOwn(SETS, set) ? SETS[set]! : set)).join('')
  return all.replace(/["']/g, '')
}
/** Names and characters between commas; two commas are one that is meant. */
const writtenSets = (text: string): string[] => [
  ...(text.includes(',,') ? [','] : []),
  ...text.replaceAll(',,', ',').split(',').filter(Boolean),
]

const drawn = (length: number, characters: string, chance: Twister): string => {
  const all = [...characters]
  if (all.length === 0) throw new ValueFault('A password needs characters to be made of.')
  return Array.from({ length }, () => all[Number(chance.below(BigInt(all.length)))]).join('')
}

/** A password of this length would be longer than any program takes. */
const LONGEST = 100_000

type Content = { password: string; salt: string | undefined; ident: string | undefined }

const contentOf = (text: string): Content => {
  const at = text.lastIndexOf(' salt=')
  if (at < 0) return { password: text, salt: undefined, ident: undefined }
  const rest = text.slice(at + ' salt='.length)
  const behind = rest.lastIndexOf(' ident=')
  if (behind < 0) return { password: text.slice(0, at), salt: rest, ident: undefined }
  return { password: text.slice(0, at), salt: rest.slice(0, behind), ident: rest.slice(behind + ' ident='.length) }
}

const termOf = (term: string, options: Dict): { path: string; all: Dict; chars: string | undefined } => {
  const { rest, written } = term.includes(' ') ? writtenOptions(term) : { rest: term, written: [] }
  const stray = written.find(([name]) => !KNOWN.includes(name))
  if (stray) throw new ValueFault(`Unrecognized parameter(s) given to password lookup: ${stray[0]}`)
  if (!term.startsWith(rest))
    throw new ValueFault('Unrecognized value after key=value parameters given to password lookup')
  const chars = written.find(([option]) => option === 'chars')?.[1]
  return { path: rest, all: new Dict([...options.entries(), ...written]), chars }
}

const passwordOf = (context: Context, term: string, options: Dict): Value => {
  const { path: name, all, chars } = termOf(term, options)
  const length = Number(wholeOption(all, 'length') ?? 20n)
  if (length > LONGEST) throw new ValueFault(`A password has at most ${LONGEST} characters here.`)
  const [characters, seed] = [charactersOf(all, chars), textOption(all, 'seed')]
  const encrypt = textOption(all, 'encrypt')
  const path = context.ask(`whole ${name}`, controller => wholePath(controller, name))
  const text = context.ask(`password ${path}`, controller => {
    const chance = (): Twister => new Twister(controller.chance())
    const make = (): string => {
      const password = drawn(length, characters, seed === undefined ? chance() : new Twister(seed))
      return encrypt === undefined ? password : `${password} salt=${drawn(16, SALT, chance())}`
    }
    return path === '/dev/null' ? make() : controller.password(path, make)
  })
  const { password, salt, ident } = contentOf(text.trimEnd())
  const wanted = textOption(all, 'ident')
  if (ident !== undefined && wanted !== undefined && ident !== wanted)
    throw new ValueFault(`The ident parameter provided (${wanted}) does not match the stored one (${ident}).`)
  if (encrypt === undefined) return password
  if (salt === undefined)
    throw new ValueFault(
      `The file ${path} has a password without a salt: write " salt=" and 8 to 16 letters and digits behind it.`,
    )
  const named = new Dict([['salt', salt]])
  return context.filter('password_hash', password, { args: [encrypt], named })
}

const password = (context: Context, { terms, options }: LookupTerms): Value[] =>
  terms.map(term => passwordOf(context, textTerm(term), options))

/** The lookup of a password that is kept in a file, and made where there is none. */
export const passwordLookups: Record<string, Lookup> = { password: { run: password } }

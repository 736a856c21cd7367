import { dirname } from 'node:path'
import { type Origin, Refusal, refuse } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { ansibleDelimiters } from '../jinja/delimiters.ts'
import { fromPlain } from '../jinja/plain.ts'
import { str } from '../jinja/repr.ts'
import { SyntaxFault } from '../jinja/syntax-fault.ts'
import { type JinjaTemplate, readTemplate, renderValue } from '../jinja/template.ts'
import { truth } from '../jinja/truth.ts'
import { Dict, Tripped, type Value, ValueFault } from '../jinja/value.ts'
import { hasBraces } from './braces.ts'
import { isNumericAddress } from './host-range.ts'
import {
  depths,
  draftGroup,
  draftHostVars,
  groupsAbove,
  type InventoryDraft,
  rankedGroups,
  type Vars,
} from './inventory-draft.ts'
import {
  exactValue,
  keyOrigin,
  type Located,
  locatedAt,
  locatedMember,
  locatedResult,
  locatedValue,
} from './located.ts'
import type { VarsBeside } from './vars-files.ts'
import { kindOf } from './yaml-fields.ts'

/** What a file of this plugin has beside its expressions. Source: ansible lib/ansible/plugins/inventory/constructed.py. */
const OPTIONS = 'plugin strict compose groups keyed_groups use_extra_vars use_vars_plugins leading_separator'.split(' ')

const isOn = (document: Located, name: string, usual: boolean): boolean => {
  const { value, origin } = locatedMember(document, name)
  if (value === undefined || value === null) return usual
  if (typeof value === 'boolean') return value
  return refuse('inventory-shape', `"${name}" must be true or false, not ${kindOf(value)}.`, { origin })
}

const membersOf = (document: Located, name: string): [string, Located][] => {
  const at = locatedMember(document, name)
  if (at.value === undefined || at.value === null) return []
  if (!isRecord(at.value))
    return refuse('inventory-shape', `"${name}" must be a mapping, not ${kindOf(at.value)}.`, { origin: at.origin })
  return Object.keys(at.value).map(key => [key, locatedMember(at, key)])
}

/** What every host has by itself. */
const isOwn = (name: string): boolean =>
  ['group_names', 'inventory_hostname', 'inventory_hostname_short', 'inventory_file', 'inventory_dir'].includes(name)

/** What goes wrong in an expression on a host, as a sentence; anything else is thrown on. */
const faultIn = (error: unknown): string => {
  if (error instanceof Tripped) return error.marker.fault.message
  if (error instanceof ValueFault || error instanceof SyntaxFault) return error.message
  throw error
}

/** So many variables may be needed for one another. */
const DEEPEST_VARIABLES = 100

/** The variables of a host as expressions see them: those that are templates are evaluated where they are read. */
class Evaluator {
  readonly #templates = new Map<string, JinjaTemplate>()
  #depth = 0

  #read(text: string): JinjaTemplate {
    const known = this.#templates.get(text)
    if (known) return known
    const read = readTemplate(text, { ...ansibleDelimiters, backslashes: 'literal' }, {})
    this.#templates.set(text, read)
    return read
  }

  #resolved(value: Value, vars: Vars): Value {
    if (typeof value === 'string') return hasBraces(value) ? this.template(value, vars) : value
    if (Array.isArray(value)) return value.map(one => this.#resolved(one, vars))
    return value instanceof Dict
      ? new Dict(value.entries().map(([key, one]) => [key, this.#resolved(one, vars)]))
      : value
  }

  /** What is no template is taken as it is. */
  #variable(written: Located, vars: Vars): Value {
    const value = exactValue(written)
    return written.exact?.('')?.isTemplate === false ? value : this.#resolved(value, vars)
  }

  /** What a text with braces comes to. Throws a SyntaxFault, a ValueFault or Tripped. */
  template(text: string, vars: Vars): Value {
    if (this.#depth >= DEEPEST_VARIABLES) throw new ValueFault('A variable needs its own value.')
    this.#depth += 1
    try {
      return renderValue(this.#read(text), {
        variable: name => (Object.hasOwn(vars, name) ? this.#variable(vars[name]!, vars) : undefined),
        names: () => Object.keys(vars),
        template: () => undefined,
      })
    } finally {
      this.#depth -= 1
    }
  }

  /** What an expression comes to. */
  expression(written: unknown, vars: Vars): Value {
    if (typeof written !== 'string') throw new ValueFault(`An expression is text, not ${kindOf(written)}.`)
    return this.template(`{{ ${written} }}`, vars)
  }
}

/** A name as that of a group: other signs than letters, digits and _ become _, and so does a digit in front. */
const groupName = (written: string): string => written.replace(/^\p{Nd}|[^\p{L}\p{N}_]/gu, '_')

/** How one entry of `keyed_groups` makes names of what its key comes to. */
type Naming = { prefix: string; separator: string; usual: Value | undefined; hasTrailing: boolean }

const isEmpty = (value: Value): boolean => value === null || value === ''

/** The names in front of which prefix and separator come; undefined for what makes none. */
const bareNames = (key: Value, { separator, usual, hasTrailing }: Naming): Value[] | undefined => {
  if (usual !== undefined && isEmpty(key)) return [usual]
  if (typeof key === 'string') return [key]
  if (Array.isArray(key)) return key.map(one => (isEmpty(one) && usual !== undefined ? usual : one))
  if (!(key instanceof Dict)) return undefined
  return key.entries().map(([name, value]) => {
    if (!isEmpty(value)) return `${str(name)}${separator}${str(value)}`
    if (usual !== undefined) return `${str(name)}${separator}${str(usual)}`
    return hasTrailing ? `${str(name)}${separator}${str(value)}` : name
  })
}

/** What is given to it: the extra variables, and who reads variables in files beside sources. */
export type ConstructedWith = { extra: Vars; beside: VarsBeside }

class Constructor {
  readonly #draft: InventoryDraft
  readonly #document: Located
  readonly #with: ConstructedWith
  readonly #evaluator = new Evaluator()
  readonly #isStrict: boolean
  constructor(draft: InventoryDraft, document: Located, given: ConstructedWith) {
    this.#draft = draft
    this.#document = document
    this.#with = given
    this.#isStrict = isOn(document, 'strict', false)
  }

  /** Runs what may fail on a host: where the file is strict that is refused, else the entry makes nothing there. */
  #tried<T>(host: string, what: string, at: Located, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      const why = faultIn(error)
      const { file, line } = at.origin
      if (error instanceof SyntaxFault)
        this.#draft.warnings.add(`${what} makes nothing (${file}:${line}): it cannot be read. ${why}`)
      if (!this.#isStrict) return undefined
      return refuse('inventory-variable', `${what} fails on "${host}".`, {
        why,
        fix: 'Mend the expression, or take `strict` out: then it makes nothing where it fails.',
        origin: at.origin,
      })
    }
  }

  /** The variables of a host as far as they are known when this file is read. */
  #varsOf(host: string): Vars {
    const { hosts, groups, processed } = this.#draft
    const own = [...groups.keys()].filter(name => groups.get(name)!.hosts.has(host))
    const above = groupsAbove(this.#draft)
    const within = new Set([...own, ...own.flatMap(name => [...above(name)])])
    const ranked = rankedGroups(this.#draft, depths(this.#draft)).filter(name => within.has(name))
    const folders = isOn(this.#document, 'use_vars_plugins', false) ? processed.map(file => dirname(file)) : []
    const { vars, origin, source } = hosts.get(host)!
    const named = ranked.filter(name => name !== 'all').toSorted()
    return Object.assign(
      {},
      ...ranked.map(name => groups.get(name)!.vars),
      ...this.#with.beside('group_vars', folders, ranked),
      {
        inventory_file: locatedAt(source ?? null, origin),
        inventory_dir: locatedAt(source === undefined ? null : dirname(source), origin),
      },
      vars,
      {
        inventory_hostname: locatedAt(host, origin),
        inventory_hostname_short: locatedAt(isNumericAddress(host) ? host : host.split('.')[0], origin),
        group_names: locatedAt(named, origin),
      },
      ...this.#with.beside('host_vars', folders, [host]),
    )
  }

  /** What is only the name of another variable stays what that is; any other result is no template. */
  #composed({ value: written, origin }: Located, value: Value, vars: Vars): Located {
    const name = String(written)
    return Object.hasOwn(vars, name) && !isOwn(name) ? locatedValue(value, origin) : locatedResult(value, origin)
  }

  #compose(host: string, vars: Vars): void {
    for (const [name, at] of membersOf(this.#document, 'compose')) {
      const value = this.#tried(host, `compose "${name}"`, at, () => this.#evaluator.expression(at.value, vars))
      if (value !== undefined) draftHostVars(this.#draft, host, { [name]: this.#composed(at, value, vars) })
    }
  }

  #join(host: string, name: string, origin: Origin): void {
    draftGroup(this.#draft, name, origin).hosts.add(host)
  }

  #groups(host: string, vars: Vars): void {
    for (const [name, at] of membersOf(this.#document, 'groups')) {
      const isIn = this.#tried(host, `The group "${name}"`, at, () => {
        const value = typeof at.value === 'boolean' ? at.value : this.#evaluator.expression(at.value, vars)
        if (typeof value !== 'boolean') throw new ValueFault('A condition has to be true or false.')
        return value
      })
      if (isIn) this.#join(host, groupName(name), at.origin)
    }
  }

  #parent(host: string, at: Located, vars: Vars): Value | undefined {
    const written = locatedMember(at, 'parent_group').value ?? null
    if (typeof written !== 'string' || !hasBraces(written)) return fromPlain(written)
    return this.#tried(host, 'parent_group', at, () => this.#evaluator.template(written, vars))
  }

  #keyed(host: string, at: Located, vars: Vars): void {
    const of = (name: string): Value | undefined => {
      const { value } = locatedMember(at, name)
      return value === undefined || value === null ? undefined : fromPlain(value)
    }
    const key = this.#tried(host, 'The key of a group', at, () =>
      this.#evaluator.expression(locatedMember(at, 'key').value, vars),
    )
    if (key === undefined) return
    const usual = of('default_value')
    const trailing = of('trailing_separator')
    if (usual !== undefined && trailing !== undefined)
      refuse('inventory-shape', 'default_value and trailing_separator exclude each other.', { origin: at.origin })
    const prefix = str(of('prefix') ?? '')
    const hasLeading = prefix !== '' || isOn(this.#document, 'leading_separator', true)
    const naming = { prefix, separator: str(of('separator') ?? '_'), usual, hasTrailing: trailing !== false }
    if (!truth(key) && !(isEmpty(key) && usual !== undefined)) {
      this.#needKey(host, key, at)
      return
    }
    const parent = this.#parent(host, at, vars)
    if (parent === undefined) return
    const names =
      bareNames(key, naming) ??
      refuse('inventory-shape', `The key of a group comes to ${str(key)} on "${host}".`, {
        fix: 'It has to be a text, a list of them or a mapping: `key: port | string`.',
        origin: at.origin,
      })
    for (const name of names) {
      const group = groupName(`${prefix}${hasLeading ? naming.separator : ''}${str(name)}`)
      this.#join(host, group, at.origin)
      if (!truth(parent)) continue
      draftGroup(this.#draft, groupName(str(parent)), at.origin).children.add(group)
    }
  }

  #needKey(host: string, key: Value, at: Located): void {
    if (!this.#isStrict || Array.isArray(key) || key instanceof Dict) return
    refuse('inventory-variable', `The key of a group is empty on "${host}".`, { origin: at.origin })
  }

  #keyedGroups(): Located[] {
    const at = locatedMember(this.#document, 'keyed_groups')
    if (at.value === undefined || at.value === null) return []
    if (!Array.isArray(at.value))
      return refuse('inventory-shape', `"keyed_groups" must be a list, not ${kindOf(at.value)}.`, { origin: at.origin })
    return at.value.map((value, index) => {
      const entry = locatedMember(at, index)
      if (isRecord(value) && Object.keys(value).length > 0) return entry
      return refuse('inventory-shape', 'An entry of "keyed_groups" must be a mapping.', { origin: entry.origin })
    })
  }

  run(): void {
    const usesExtra = isOn(this.#document, 'use_extra_vars', false)
    const extra = usesExtra ? this.#with.extra : {}
    const keyed = this.#keyedGroups()
    for (const host of this.#draft.hosts.keys()) {
      this.#compose(host, { ...this.#varsOf(host), ...extra })
      const vars = this.#varsOf(host)
      this.#groups(host, vars)
      for (const entry of keyed) this.#keyed(host, entry, { ...vars, ...extra })
    }
  }
}

/**
 * Adds to the hosts that are there what expressions over their variables say: variables (`compose`), groups by conditions
 * (`groups`) and groups by values (`keyed_groups`). Source: ansible lib/ansible/plugins/inventory/__init__.py, `Constructable`.
 *
 * Throws a Refusal `inventory-shape`; where the file is `strict` also `inventory-variable`, for an expression that fails on a host.
 */
export const readConstructed = (draft: InventoryDraft, document: Located, given: ConstructedWith): void => {
  if (!isRecord(document.value)) throw new Refusal()
  for (const name of Object.keys(document.value)) {
    const { file, line } = keyOrigin(document, name)
    if (!OPTIONS.includes(name) && !name.startsWith('cache'))
      draft.warnings.add(`constructed has no "${name}" (${file}:${line}): it is passed over`)
  }
  new Constructor(draft, document, given).run()
}

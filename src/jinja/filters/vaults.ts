import { attempt } from '../../core/failure.ts'
import { makeVault, openVault } from '../../vault/keyring.ts'
import { type Callable, type Context, callable, callableIn } from '../callable.ts'
import { typeName, usable, type Value, ValueFault } from '../value.ts'

/** A vault that no file holds has no place. */
const NOWHERE = { file: 'a value', line: 1, column: 1 }

const text = (value: Value, what: string): string => {
  const there = usable(value)
  if (typeof there === 'string') return there
  throw new ValueFault(`${what} has to be a text, not '${typeName(there)}'.`)
}

/** 32 bytes that the controller draws, once a run. */
const drawnSalt = (context: Context): Buffer => {
  const drawn = [0, 1].map(() => context.ask('salt', controller => controller.chance()))
  return Buffer.from(drawn.map(one => one.toString(16).padStart(32, '0')).join(''), 'hex')
}

const vault = (
  context: Context,
  data: Value,
  secret: Value,
  salt: Value = null,
  id: Value = 'filter_default',
): Value => {
  const [plain, password] = [Buffer.from(text(data, 'What is encrypted')), Buffer.from(text(secret, 'The secret'))]
  const grain = salt === null ? drawnSalt(context) : Buffer.from(text(salt, 'The salt'))
  return makeVault(plain, { password, id: text(id, 'The vault id') }, grain)
}

const unvault = (data: Value, secret: Value): Value => {
  const [sealed, password] = [text(data, 'A vault'), Buffer.from(text(secret, 'The secret'))]
  if (!sealed.startsWith('$ANSIBLE_VAULT')) return sealed
  const keyring = { passwords: [{ id: 'filter_default', password }], tried: 'all' as const }
  const { value, failures } = attempt(() => openVault(sealed, keyring, NOWHERE))
  if (value) return value.plain.toString()
  throw new ValueFault(`This vault cannot be opened: ${failures![0]!.what}`)
}

/** Filters that make and open vaults of texts. */
export const vaultFilters: Record<string, Callable> = {
  vault: callableIn(['data', 'secret', 'salt?', 'vault_id?', 'wrap_object?', 'vaultid?'], vault),
  unvault: callable(['vault', 'secret', 'vault_id?', 'vaultid?'], unvault),
}

// Has Ansible encrypt each of these texts, and writes what comes to vaults.jsonl. The Python that has Ansible is named by
// RUNBOOK_GOLDEN_PYTHON. Passwords, salts and texts are made up.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const python = process.env.RUNBOOK_GOLDEN_PYTHON
if (!python) {
  console.error('RUNBOOK_GOLDEN_PYTHON is not set: name a Python that has Ansible, as for golden.ts')
  process.exit(1)
}

/** A case: what is encrypted, with which password, under which label. */
type Case = { name: string; plain: Buffer; password?: string | Buffer; id?: string; salt?: string | Buffer }

const cases: Case[] = [
  { name: 'nothing', plain: Buffer.alloc(0) },
  ...[1, 15, 16, 17, 31, 32].map(size => ({ name: `${size} bytes`, plain: Buffer.alloc(size, 'a') })),
  { name: 'variables', plain: Buffer.from('---\ndb_password: correct horse\napi_key: "0x1f"\n') },
  { name: 'not ASCII', plain: Buffer.from('geheim: Grüße 😀\n') },
  { name: 'every byte', plain: Buffer.from([...Array(256).keys()]) },
  { name: 'four kilobytes', plain: Buffer.alloc(4096, 'The same words. ') },
  { name: 'a label', plain: Buffer.from('of production\n'), id: 'prod' },
  { name: 'the label that means none', plain: Buffer.from('of all\n'), id: 'default' },
  { name: 'a label that is not ASCII', plain: Buffer.from('x\n'), id: 'größe' },
  { name: 'a password of two words', plain: Buffer.from('x\n'), password: 'two words' },
  { name: 'a password that is not ASCII', plain: Buffer.from('x\n'), password: 'paßwort 😀' },
  { name: 'a password that is no text', plain: Buffer.from('x\n'), password: Buffer.from([0xff, 0, 0x0a, 0xfe]) },
  { name: 'a long password', plain: Buffer.from('x\n'), password: 'p'.repeat(200) },
  { name: 'a salt that is text', plain: Buffer.from('x\n'), salt: 'salt\nof two lines' },
  { name: 'a salt of one byte', plain: Buffer.from('x\n'), salt: Buffer.from([0]) },
]

const hex = (value: string | Buffer): string => Buffer.from(value as string).toString('hex')
const asked = cases.map(({ name, plain, password = 'made-up', id, salt = Buffer.alloc(32, name) }) => ({
  name,
  plain: hex(plain),
  password: hex(password),
  ...(id === undefined ? {} : { id }),
  salt: hex(salt),
}))

const { stdout, stderr, status } = spawnSync(python, [join(import.meta.dirname, 'vaults.py')], {
  input: asked.map(one => `${JSON.stringify(one)}\n`).join(''),
  encoding: 'utf8',
})
if (status !== 0) throw new Error(stderr)
const answers = stdout.trimEnd().split('\n')
writeFileSync(
  join(import.meta.dirname, 'vaults.jsonl'),
  asked.map((one, at) => `${JSON.stringify({ ...one, vault: JSON.parse(answers[at]!) })}\n`).join(''),
)
console.log(`vaults: ${asked.length}`)

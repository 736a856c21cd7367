import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { targetOf } from '../../src/settings/reach.ts'
import { splitWords } from '../../src/settings/ssh-args.ts'
import { cases, fc, seed } from '../chance.ts'

// Arguments as people write them, against what ssh makes of the same words.

const hasSsh = spawnSync('ssh', ['-V']).status === 0

// ssh passes over a file after -i that is not there, with a warning.
const keys = mkdtempSync(join(tmpdir(), 'runbook-ssh-merge-'))
for (const key of ['k4', 'k 5']) writeFileSync(join(keys, key), '')
test.after(() => rmSync(keys, { recursive: true }))

const settings = [
  'Port=2201',
  'port 2202',
  'PORT = 2203',
  'User=u1',
  'user "u2"',
  'IdentityFile=/k1',
  'IdentityFile="/k 2"',
  'identityfile ~/k3',
  'ProxyJump=j1',
  'ProxyJump none',
  'ProxyCommand=nc %h %p',
  'ProxyCommand none',
  'ProxyCommand="nc -x a"',
  'HostKeyAlias=k',
  'HostName=h2',
  'HostName %h.x',
  'StrictHostKeyChecking=no',
  'StrictHostKeyChecking accept-new',
  'IdentitiesOnly=yes',
  'ForwardAgent yes',
  'ConnectTimeout=5',
  'ConnectTimeout=1m',
  'ControlPersist=60s',
  'Compression=yes',
  'IdentityAgent=none',
  'UserKnownHostsFile=/a /b',
  'GlobalKnownHostsFile=/dev/null',
]
const shell = fc.constantFrom(
  (text: string) => `-o '${text}'`,
  (text: string) => `-o"${text.replaceAll('"', '\\"')}"`,
  (text: string) => `-o ${text.replaceAll(/(["\s\\~])/g, '\\$1')}`,
)
const flag = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...settings), shell).map(([text, quote]) => quote(text)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '-p 2204',
      '-p2205',
      '-l u3',
      '-lu4',
      `-i ${keys}/k4`,
      `-i"${keys}/k 5"`,
      '-J j2',
      '-Jada@j3:99,j4',
      '-A',
      '-a',
      '-C',
      '-4',
      '-6',
      '-qCp2206',
      '-vvv',
      '-T',
      '-b 127.0.0.1',
      '-x -N',
    ),
  },
)
const lines = fc.array(flag, { minLength: 1, maxLength: 6 }).map(all => all.join(' '))

const byProgram = (text: string): Map<string, string[]> | undefined => {
  const { status, stdout } = spawnSync('ssh', ['-G', '-F', '/dev/null', ...splitWords(text), '--', 'host'], {
    encoding: 'utf8',
  })
  if (status !== 0) return undefined
  const found = new Map<string, string[]>()
  for (const line of stdout.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (keyword) found.set(keyword, [...(found.get(keyword) ?? []), value!])
  }
  return found
}
const expanded = (path: string): string => path.replace(/^~(?=\/)/, homedir())

const compare = async (numRuns: number): Promise<void> => {
  let both = 0
  for (const text of fc.sample(lines, { numRuns, seed })) {
    const theirs = byProgram(text)
    // ssh takes a jump host and a proxy command together for a mistake, depending on their order.
    if (theirs === undefined) continue
    both += 1
    const mine = await targetOf('host', { ansible_ssh_common_args: text }, { environment: {} })
    const one = (keyword: string): string => theirs.get(keyword)?.[0] ?? ''
    assert.is(mine.host, one('hostname'), text)
    assert.is(String(mine.port), one('port'), text)
    assert.is(mine.user, one('user'), text)
    assert.is(
      mine.proxyCommand ?? 'none',
      one('proxycommand').replace('%h', mine.host).replace('%p', one('port')) || 'none',
      text,
    )
    assert.is(
      mine.via
        ?.map(
          ({ user, host, port }) =>
            `${user === userInfo().username ? '' : `${user}@`}${host}${port === 22 ? '' : `:${port}`}`,
        )
        .join(',') ?? '',
      one('proxyjump'),
      text,
    )
    assert.is(mine.keyAlias ?? '', one('hostkeyalias'), text)
    assert.is(mine.onlyKeyFiles ? 'yes' : 'no', one('identitiesonly'), text)
    assert.is(mine.timeoutSeconds, one('connecttimeout') === 'none' ? 10 : Number(one('connecttimeout')), text)
    assert.is(mine.newKeys === 'accept', /^(accept-new|false|no)$/.test(one('stricthostkeychecking')), text)
    assert.is(mine.family ?? 'any', { any: 'any', inet: 4, inet6: 6 }[one('addressfamily')], text)
    if (mine.keyFiles) assert.equal(mine.keyFiles, [...new Set(theirs.get('identityfile')!.map(expanded))], text)
    if (/userknown/i.test(text)) assert.equal(mine.knownHosts.slice(0, 2), ['/a', '/b'], text)
  }
  assert.ok(both > numRuns / 2, `${both}`)
}

const name = 'arguments come to what ssh -G makes of the same words'
if (hasSsh) test(name, () => compare(Number(process.env.RUNBOOK_RUNS ?? cases(150))))
else test.skip(`${name} (this machine has no ssh program)`)

test.run()

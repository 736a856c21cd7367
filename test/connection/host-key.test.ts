import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostKeyFailure, judgeHostKey, knownKeyTypes, type NamedHop } from '../../src/connection/host-key.ts'
import { type HostKeyPlace, parseKnownHosts } from '../../src/connection/known-hosts.ts'

const key = (type: string, ...parts: Buffer[]): { type: string; key: string } => {
  const strings = [Buffer.from(type), ...parts].flatMap(part => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    return [length, part]
  })
  return { type, key: Buffer.concat(strings).toString('base64') }
}
const ed25519 = (fill: number) => key('ssh-ed25519', Buffer.alloc(32, fill))
const rsa = (fill: number) => key('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.alloc(256, fill))
/** A type of key that ssh2 does not have. */
const token = key('sk-ssh-ed25519@openssh.com', Buffer.alloc(32, 9), Buffer.from('ssh:'))
const [A, B, C] = [ed25519(1), ed25519(2), ed25519(3)]

const line = (hosts: string, { type, key }: { type: string; key: string }): string => `${hosts} ${type} ${key}\n`
const judge = (text: string, place: Partial<HostKeyPlace>, shown = A): string => {
  const verdict = judgeHostKey([parseKnownHosts(text, '/k')], { host: 'h', port: 22, ...place }, shown)
  return 'entry' in verdict ? `${verdict.is} ${verdict.entry.line}` : verdict.is
}

test('one key that fits is enough; where none does, any key that is known makes the host changed, as in ssh', () => {
  assert.is(judge(line('h', B) + line('h', A), {}), 'known')
  assert.is(judge(line('h', B), {}), 'changed 1')
  assert.is(judge(line('h', rsa(1)), {}), 'changed 1', 'of another type too: who is in between would show one')
  assert.is(judge(line('h', rsa(1)) + line('h', B), {}), 'changed 2', 'told of its own type, where there is one')
  assert.is(judge(line('other', A), {}), 'unknown')
  assert.is(judge('', {}), 'unknown')
})

test('a key counts from several files, the first change is told', () => {
  const files = [parseKnownHosts(line('h', B), '/one'), parseKnownHosts(line('h', A), '/two')]
  assert.is(judgeHostKey(files, { host: 'h', port: 22 }, A).is, 'known')
  const verdict = judgeHostKey(files, { host: 'h', port: 22 }, C)
  assert.is('entry' in verdict && verdict.entry.file, '/one')
})

test('on another port the key of the plain name is known too, and another key there says nothing', () => {
  assert.is(judge(line('h', A), { port: 2222 }), 'known')
  assert.is(judge(line('h', B), { port: 2222 }), 'unknown')
  assert.is(judge(line('[h]:2222', B) + line('h', A), { port: 2222 }), 'known')
  assert.is(judge(line('[h]:2222', B), { port: 2222 }), 'changed 1')
  assert.is(judge(line('[h]:2222', A), {}), 'unknown')
})

test('an alias stands in place of host and port', () => {
  assert.is(judge(line('nine', A), { port: 2222, keyAlias: 'nine' }), 'known')
  assert.is(judge(line('h', A), { port: 2222, keyAlias: 'nine' }), 'unknown')
})

test('a revoked key is revoked everywhere, also where it is known, and by the name without its port', () => {
  assert.is(judge(line('h', A) + line('@revoked *', A), {}), 'revoked 2')
  assert.is(judge(line('@revoked h', A), { port: 2222 }), 'revoked 1')
  assert.is(judge(line('@revoked h', B), {}), 'unknown')
  assert.is(judge(line('@revoked h', B) + line('h', B), {}), 'changed 2')
})

test('what cannot be asked for here is told as that, and is never new: an authority, a type of key that ssh2 has not', () => {
  assert.is(judge(line('@cert-authority *', A), {}), 'other 1', 'an authority is no key of the host')
  assert.is(judge(line('@cert-authority *', C) + line('h', A), {}), 'known')
  assert.is(judge(line('h', token), {}), 'other 1')
  assert.is(judge(line('h', token) + line('h', B), {}), 'changed 2')
})

test('key types of a host, in file order, once each, those of the plain name last', () => {
  const text = line('[h]:2222', rsa(1)) + line('h', A) + line('[h]:2222', rsa(2)) + line('@revoked [h]:2222', token)
  const types = knownKeyTypes([parseKnownHosts(text, '/k')], { host: 'h', port: 2222 })
  assert.equal(types, ['ssh-rsa', 'ssh-ed25519'])
})

const hop: NamedHop = { name: 'web', host: 'h', port: 2222, user: 'root', knownHosts: ['/k'], timeoutSeconds: 10 }
const failure = (text: string, change: Partial<NamedHop> = {}) => {
  const shown = { ...hop, ...change }
  return hostKeyFailure(shown, A, judgeHostKey([parseKnownHosts(text, '/k')], shown, A))
}

test('a change is told with both fingerprints, where the known one stands, how it may have come, and the commands', () => {
  const { reason, what, why, fix, origin } = failure(line('[h]:2222', B))!
  assert.is(reason, 'host-key-changed')
  assert.match(what, 'web (h port 2222)')
  const prints = [...why!.matchAll(/SHA256:[\w+/]{43}/g)].map(([print]) => print)
  assert.is(new Set(prints).size, 2)
  assert.match(why!, '/k:1')
  assert.match(why!, 'somebody is in between')
  assert.match(fix!, "ssh-keygen -f /k -R '[h]:2222'")
  assert.equal(origin, { file: '/k', line: 1, column: 1 })
})

test('a host that an authority vouches for, or a key of a type that is not here, needs the ssh program', () => {
  for (const text of [line('@cert-authority [h]:*', A), line('[h]:2222', token)]) {
    const { reason, fix } = failure(text)!
    assert.is(reason, 'host-key-unknown')
    assert.match(fix!, 'ansible_connection: openssh')
  }
  assert.match(failure(line('@cert-authority *', A))!.what, 'certificate authority')
})

test('an unknown key is told with the line to add, under the alias where there is one', () => {
  assert.ok(failure('')!.fix!.endsWith(`\n[h]:2222 ssh-ed25519 ${A.key}`))
  assert.ok(failure('', { keyAlias: 'Nine' })!.fix!.endsWith(`\nnine ssh-ed25519 ${A.key}`))
  assert.is(failure(line('[h]:2222', A)), undefined)
})

test.run()

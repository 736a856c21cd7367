import { chmodSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closedPort, sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
place.write('play.yml', '- hosts: all\n  tasks:\n    - { name: Say, debug: { msg: "as {{ ansible_user }}" } }\n')

const plan = (args: string[] = [], env = {}) =>
  place.run(['plan', 'play.yml', ...args], { env: { HOME: place.folder, ...env } })

test('an ansible.cfg says which inventory, and how hosts are reached; what it says besides is named once', async () => {
  place.write('my-hosts', `web ansible_host=127.0.0.1 ansible_port=${await closedPort()}\n`)
  place.write('ansible.cfg', '[defaults]\ninventory = my-hosts\nremote_user = ada\ngathering = smart\n')
  const { code, err, out } = plan()
  assert.is(code, 3, err)
  assert.match(out + err, /web/)
  assert.is((out + err).split('gathering (line 4)').length, 2)
})

test('in a folder that anybody may write into it is not read', () => {
  chmodSync(place.folder, 0o777)
  const { code, err } = plan()
  assert.equal([code, /No inventory was given/.test(err)], [4, true])
  assert.match(plan(['-i', 'my-hosts']).err + plan(['-i', 'my-hosts']).out, /anybody may write into/)
  chmodSync(place.folder, 0o755)
})

test('a broken one is refused with its place, and so is a value of the wrong type', () => {
  place.write('ansible.cfg', '[defaults]\nremote_user\n')
  const broken = plan()
  assert.equal([broken.code, /ansible\.cfg:2/.test(broken.err)], [4, true])
  place.write('ansible.cfg', '[defaults]\ninventory = my-hosts\n[privilege_escalation]\nbecome = perhaps\n')
  const wrong = plan()
  assert.equal([wrong.code, /become of .*ansible\.cfg is "perhaps"/.test(wrong.err)], [4, true])
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostKeyLine, inventoryText } from '../../src/lab/inventory.ts'

test('the inventory is what a user would write, as JSON', () => {
  const host = {
    ansible_host: '10.77.0.10',
    ansible_port: 22,
    ansible_user: 'root',
    ansible_ssh_private_key_file: '/lab/key',
    ansible_ssh_common_args: '-o UserKnownHostsFile=/lab/known_hosts',
  }
  const vars = { monitor_ping_interval: '2s' }
  assert.equal(JSON.parse(inventoryText('/lab', [{ node: 'node0', address: '10.77.0.10' }])), {
    all: { children: { ipfs: { hosts: { node0: host }, vars } } },
  })
})

test('a folder with a space is quoted for the word splitter and for ssh', () => {
  const text = inventoryText('/my lab', [{ node: 'node0', address: '10.77.0.10' }])
  const { ansible_ssh_common_args } = JSON.parse(text).all.children.ipfs.hosts.node0
  assert.is(ansible_ssh_common_args, `-o 'UserKnownHostsFile="/my lab/known_hosts"'`)
})

test('hosts keep their order', () => {
  const listed = ['node0', 'web', 'node10', 'node2'].map((node, i) => ({ node, address: `10.77.0.${i}` }))
  assert.equal(
    Object.keys(JSON.parse(inventoryText('/lab', listed)).all.children.ipfs.hosts),
    listed.map(({ node }) => node),
  )
})

test('a line of known_hosts has the address, the type and the key, not the comment', () => {
  assert.is(hostKeyLine('10.77.0.10', 'ssh-ed25519 AAAA node0\n'), '10.77.0.10 ssh-ed25519 AAAA\n')
})

test.run()

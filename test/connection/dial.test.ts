import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dial } from '../../src/connection/dial.ts'

test('a socket has the kind of address and the address of this machine that are asked for', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const target = { name: 'n', host: 'localhost', port, user: 'u', knownHosts: [], timeoutSeconds: 10 }
  const accepted = once(server, 'connection')
  const { socket } = dial({ ...target, family: 4, bindAddress: '127.0.0.3' })
  const [peer] = (await accepted) as [Socket]
  assert.is(peer.remoteAddress, '127.0.0.3')
  socket.destroy()
  peer.destroy()
  server.close()
})

test.run()

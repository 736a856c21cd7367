import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes bytes on so many milliseconds later, in their order, as a long way does. */
const later = (from: Socket, to: Socket, ms: number): void => {
  from.on('data', chunk => void setTimeout(() => to.write(chunk), ms))
  from.on('end', () => void setTimeout(() => to.end(), ms))
  from.on('error', () => to.destroy())
}

/** A port of this machine from which it is `rtt` milliseconds there and back to a host. */
export const farAway = async (host: string, rtt: number): Promise<{ port: number; close(): void }> => {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, near => {
    const far = connect({ host, port: 22, noDelay: true, allowHalfOpen: true })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    later(near, far, rtt / 2)
    later(far, near, rtt / 2)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

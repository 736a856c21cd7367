import { registerHooks } from 'node:module'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

// Imported before the program (`node --import`): says on standard error which files are loaded until the program first
// connects to anything, or ends.

const loaded: string[] = []
registerHooks({
  load: (url, context, next) => {
    if (url.startsWith('file:')) loaded.push(fileURLToPath(url))
    return next(url, context)
  },
})

const tell = (when: 'connection' | 'end'): void => {
  if (loaded.length > 0) process.stderr.write(`loaded until the ${when} ${JSON.stringify(loaded.splice(0))}\n`)
}
const connect = Socket.prototype.connect as (...args: unknown[]) => Socket
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  tell('connection')
  return connect.apply(this, args)
}
process.on('exit', () => tell('end'))

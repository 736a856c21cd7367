import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import { Refusal } from '../core/failure.ts'
import { partName, pinFunctions, TEMPORARY_DIGITS } from '../core/pinned-folder.ts'
import { fedTo, quote } from '../core/quote.ts'
import type { Output, Upload } from '../core/transport.ts'
import { bytesFrom } from './part.ts'
import type { Shell } from './shell.ts'
import { isStored, receiverScript, unreadable, uploadFailed } from './upload.ts'

/** How much of a file one frame holds, as base64: the shell reads a frame whole before it runs any of it. */
const CHUNK = 1 << 20

/**
 * Sends one file in frames of a shell, for a server that opens no further session (`MaxSessions 1`): its bytes are gathered
 * beside its place, in a folder that nobody else may enter, and then taken in as those of any upload. It takes the room of
 * the file twice, a third more to send, and a round trip for each MiB. `user`: who is to write it, where that is not who the
 * shell is.
 *
 * @throws Refusal as `sendFile` does.
 */
export const sendInFrames = async (
  name: string,
  run: Shell['run'],
  upload: Upload,
  user: string | undefined,
  onProgress: (sent: number) => void = () => {},
): Promise<void> => {
  const [random = '', other = ''] = [1, 2].map(() => randomBytes(TEMPORARY_DIGITS / 2).toString('hex'))
  const at = quote(`./${partName(upload.path, other)}`)
  const folder = posix.dirname(upload.path)
  const enter = `umask 077; ${pinFunctions}; pin ${quote(folder)} && shut ${at}`
  const leaveIt = `rm -f ./new; rmdir -- ../${at}`
  const said = async (sh: string): Promise<Output> => {
    const [output] = await run([{ sh: user === undefined ? sh : fedTo(user, sh) }])
    return output!
  }
  const must = async (sh: string): Promise<void> => {
    const { status, stderr } = await said(sh)
    if (status !== 0) throw new Refusal(uploadFailed(name, upload, String(stderr), status))
  }
  const make = `pin ${quote(folder)} && mkdir -- ${at}`
  await must(`( umask 077; ${pinFunctions}; ${make} ) && ${enter} && : >./new`)
  let sent = 0
  try {
    for await (const chunk of bytesFrom(upload, 0, Number.MAX_SAFE_INTEGER, CHUNK)) {
      await must(
        `${enter} && { base64 -d >>./new || { ${leaveIt}; exit 1; }; } <<'RUNBOOK_END'\n${chunk.toString('base64').replace(/.{1,76}/g, '$&\n')}RUNBOOK_END`,
      )
      sent += chunk.length
      onProgress(sent)
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    await said(`${enter} && { ${leaveIt}; }`)
    throw new Refusal(unreadable(error))
  }
  const { stdout, stderr, status } = await said(
    `${enter} || exit 1; ( ${receiverScript(upload, random)} ) <./new; s=$?; ${leaveIt} 2>/dev/null; exit $s`,
  )
  if (!isStored(name, upload, random, String(stdout)))
    throw new Refusal(uploadFailed(name, upload, String(stderr), status))
}

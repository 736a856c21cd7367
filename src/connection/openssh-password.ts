import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'

/** How ssh is given a password, and what takes all of it away again. */
export type AskPass = {
  environment: Record<string, string>
  /** It was asked for a second time: the first was not the right one. */
  isRefused(): boolean
  forget(): void
}

/**
 * The program that ssh asks. It answers once, and only where a password is asked for: neither a passphrase nor a code is one.
 * Asked again it ends ssh, which would try an empty one by another method: accounts lock. The password is in the pipe
 * beside it.
 */
const PROGRAM = `#!/bin/sh
case $1 in *passphrase*) exit 1;; *assword*) ;; *) exit 1;; esac
mkdir "$0.asked" 2>/dev/null || { mkdir "$0.refused"; kill "$PPID"; exit 1; }
IFS= read -r x <"$0.pipe" && printf '%s\\n' "$x"
`

/**
 * Puts a password where ssh alone finds it: in a named pipe that only this user can open, so that it is in memory, and in
 * no argument, no environment and no file. `name`: the beginning of what is made, in a folder of this user's.
 */
export const askPass = (name: string, password: string): AskPass => {
  const program = `${name}.ask`
  writeFileSync(program, PROGRAM, { mode: 0o700 })
  spawnSync('mkfifo', ['-m', '600', `${program}.pipe`])
  // Opened for both, so that nobody has to be there yet.
  const pipe = openSync(`${program}.pipe`, 'r+')
  writeSync(pipe, `${password}\n`)
  return {
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: process.env.DISPLAY ?? ':' },
    isRefused: () => existsSync(`${program}.refused`),
    forget: () => {
      closeSync(pipe)
      for (const end of ['', '.pipe', '.asked', '.refused']) rmSync(program + end, { recursive: true, force: true })
    },
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fragment, Output } from '../../src/core/transport.ts'
import { OUTPUT_CAP } from '../../src/host/frame-reader.ts'
import { openShell } from '../../src/host/shell.ts'
import { inBusybox, noBusybox } from './busybox.ts'
import { failuresOf, localWire, reasonsOf } from './local.ts'

/** What is printed in masses takes minutes to go through BusyBox's sed: there it is tried with these alone. */
const QUICK: [string, ...string[]][] = [['dash'], ['bash', '--posix']]
const SHELLS = [...QUICK, ...(noBusybox === '' ? [inBusybox('/bin/sh')] : [])]
type Run = (...sh: (string | Fragment)[]) => Promise<Output[]>

/** All of it holds for both kinds of fragments, in every shell that may be /bin/sh. */
const withShell = async (
  use: (run: Run) => Promise<void>,
  kinds = [{}, { lingers: true as const }],
  shells = SHELLS,
) => {
  for (const program of shells)
    for (const kind of kinds) {
      const shell = openShell('node0', localWire(...program))
      try {
        await use((...sh) =>
          shell.run(sh.map(each => ({ ...kind, ...(typeof each === 'string' ? { sh: each } : each) }))),
        )
      } finally {
        shell.close()
      }
    }
}

const texts = (outputs: Output[]) => outputs.map(({ stdout, stderr, status }) => [`${stdout}`, `${stderr}`, status])

test(`every fragment has its own output, errors and status${noBusybox.replace('skipped', 'not on BusyBox')}`, () =>
  withShell(async run => {
    const outputs = await run('echo a; echo b >&2', 'printf "no newline"; exit 3', 'false')
    assert.equal(texts(outputs), [
      ['a\n', 'b\n', 0],
      ['no newline', '', 3],
      ['', '', 1],
    ])
  }))

test('a fragment keeps what it changes to itself, also from the next frame', () =>
  withShell(async run => {
    await run('cd /tmp; x=1; umask 077; trap "echo trap" EXIT; set -eu; set -- a b')
    const [output] = await run('echo "${x-unset} $# $(umask)"; false; pwd')
    assert.match(`${output?.stdout}`, /^unset 0 0022\n/)
    assert.not.match(`${output?.stdout}`, /\n\/tmp\n/)
  }))

test('a syntax error, an unclosed quote or brace in one fragment leaves the others whole', () =>
  withShell(async run => {
    const outputs = await run('echo 1', 'if true; then', 'echo "open', '}', ')', "echo '", 'cat <<X\nno end', 'echo 2')
    assert.equal(outputs.length, 8)
    assert.is(`${outputs[0]?.stdout}`, '1\n')
    assert.is(`${outputs[7]?.stdout}`, '2\n')
    for (const index of [1, 2, 3, 4, 5]) assert.ok(outputs[index]!.status > 0, `fragment ${index}`)
  }))

test('quotes, here-documents, backslashes, leading dashes and other alphabets arrive as written', () =>
  withShell(async run => {
    const outputs = await run(
      `printf '%s' "it's"`,
      "cat <<'EOF'\n$HOME `x` \\ 'q' \"d\"\nEOF",
      'printf %s "\\\\"',
      '-x',
      'printf %s "żółć 鯨"',
      'echo end # comment',
    )
    assert.equal(
      outputs.map(output => `${output.stdout}`),
      ["it's", '$HOME `x` \\ \'q\' "d"\n', '\\', '', 'żółć 鯨', 'end\n'],
    )
    assert.is(outputs[3]?.status, 127)
  }))

test('any bytes come back: zeros, marks of other sessions, 1 MB without a newline on both streams', () =>
  withShell(async run => {
    const [bytes, big] = await run(
      'printf "\\000\\377\\n:;\\000"; printf "0123456789abcdef0123456789abcdef:1:0:0;"',
      'head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2',
    )
    assert.ok(bytes?.stdout.equals(Buffer.from('\0\xff\n:;\x000123456789abcdef0123456789abcdef:1:0:0;', 'latin1')))
    assert.is(big?.stdout.length, 1_000_000)
    assert.is(big?.stderr.length, 1_000_000)
  }))

test('a fragment has an empty stdin: it cannot eat the frames that follow', () =>
  withShell(async run => {
    const outputs = await run('cat; echo read; read -r x || echo none', 'echo next')
    assert.equal(
      outputs.map(output => `${output.stdout}`),
      ['read\nnone\n', 'next\n'],
    )
    assert.is(`${(await run('echo frame'))[0]?.stdout}`, 'frame\n')
  }))

test('after a failing step nothing runs; a failing read stops nothing', () =>
  withShell(async run => {
    const outputs = await run(
      'false',
      { sh: 'true', step: true },
      'echo read',
      { sh: 'exit 9', step: true },
      'echo no',
      {
        sh: 'echo no',
        step: true,
      },
    )
    assert.equal(
      outputs.map(output => output.status),
      [1, 0, 0, 9],
    )
    assert.is((await run('echo', { sh: 'true', step: true }, 'echo')).length, 3, 'the next frame is free again')
  }))

test('a fragment that ends loops or functions ends only itself', () =>
  withShell(async run => {
    const outputs = await run('break; echo', 'return 4', 'exit', 'kill -TERM $(exec sh -c "echo \\$PPID")', 'echo on')
    assert.is(outputs.length, 5)
    assert.is(outputs[3]?.status, 143)
    assert.is(`${outputs[4]?.stdout}`, 'on\n')
  }))

test('the umask is set, and the language where we read what is printed', () =>
  withShell(
    async run => {
      const [ours, program] = await run(
        { sh: 'echo "$LC_ALL $(umask) ${HISTFILE-unset}"' },
        { sh: 'echo "${LC_ALL-unset}"', lingers: true },
      )
      assert.equal([`${ours?.stdout}`, `${program?.stdout}`], ['C 0022 unset\n', 'unset\n'])
    },
    [{}],
  ))

test('frames wait for each other, and each counts as one round trip', async () => {
  const shell = openShell('node0', localWire())
  const order: string[] = []
  const run = (sh: string) => shell.run([{ sh }, { sh: ':' }]).then(([output]) => order.push(`${output?.stdout}`))
  await Promise.all([run('sh -c "echo slow"'), run('echo 2'), run('echo 3')])
  assert.equal(order, ['slow\n', '2\n', '3\n'])
  assert.equal(await shell.run([]), [])
  assert.is(shell.roundTrips, 3)
  shell.close()
  assert.is(shell.roundTrips, 3)
})

test('outputs are told as they come, in order, before the frame is over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
  const shell = openShell('node0', localWire('sh', '-c', `mkfifo ${folder}/f; exec sh`))
  const opener = openShell('node0', localWire())
  const seen: number[] = []
  let written: Promise<unknown> | undefined
  // The second fragment waits for a writer, who comes only when the first one's output has been told.
  const outputs = await shell.run([{ sh: 'echo first' }, { sh: `cat ${folder}/f` }], index => {
    seen.push(index)
    if (index === 0) written = opener.run([{ sh: `echo second > ${folder}/f` }])
  })
  assert.equal(seen, [0, 1])
  assert.is(`${outputs[1]?.stdout}`, 'second\n')
  await written
  shell.close()
  opener.close()
  rmSync(folder, { recursive: true })
})

test('a listener that throws rejects its own frame and no other', async () => {
  const shell = openShell('node0', localWire())
  const thrown = shell.run([{ sh: 'echo' }, { sh: 'echo' }], () => {
    throw new Error('listener')
  })
  const next = shell.run([{ sh: 'echo after' }])
  assert.is(await thrown.catch(error => error.message), 'listener')
  assert.is(`${(await next)[0]?.stdout}`, 'after\n')
  shell.close()
})

const eachShell = (use: (run: Run) => Promise<void>, shells = SHELLS) => withShell(use, [{}], shells)
const lingering = (sh: string): Fragment => ({ sh, lingers: true })

test('what a child prints later is in no later output, and the child goes on', () =>
  eachShell(async run => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
    const late = `{ cat ${folder}/go; echo late; echo late >&2; echo > ${folder}/done; } & echo started; echo begun >&2`
    const first = await run(lingering(`mkfifo ${folder}/go ${folder}/done; ${late}`))
    assert.equal(texts(first), [['started\n', 'begun\n', 0]])
    const outputs = await run('echo 1; exit 7', `echo > ${folder}/go; cat ${folder}/done`, lingering('echo 3'))
    assert.equal(texts(outputs), [
      ['1\n', '', 7],
      ['\n', '', 0],
      ['3\n', '', 0],
    ])
    rmSync(folder, { recursive: true })
  }))

test('a child that never stops printing is in no later output, is not ended and does not wait', () =>
  eachShell(async run => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
    // What it has said is counted: it comes further, although nobody wants it.
    const noise = 'while [ -d "$0" ]; do printf . >>"$0/n"; printf %01000d 0; printf %01000d 0 >&2; done 2>/dev/null'
    const start = lingering(`sh -c '${noise}' ${folder} & printf "\\000no newline"`)
    const [first, ...reads] = await run(start, 'echo a; echo b >&2', 'printf c', lingering('echo d; exit 5'), 'echo e')
    assert.match(`${first?.stdout}`, '\0no newline')
    assert.equal(texts(reads), [
      ['a\n', 'b\n', 0],
      ['c', '', 0],
      ['d\n', '', 5],
      ['e\n', '', 0],
    ])
    const size = `$(wc -c <${folder}/n)`
    const [further] = await run(`n=${size}; until [ "${size}" -gt $((n + 200)) ]; do sleep 0.01; done; echo further`)
    rmSync(folder, { recursive: true, maxRetries: 9 })
    assert.is(`${further?.stdout}`, 'further\n')
  }))

test('a fragment whose children may outlive it can be interrupted, and does with its streams what it likes', () =>
  eachShell(async run => {
    const outputs = await run(
      lingering('kill -s INT $(exec sh -c "echo \\$PPID"); echo not reached'),
      lingering('exec >/dev/null 2>&1; echo x; echo y >&2'),
      lingering('exec >&- 2>&-; exit 3'),
      lingering('set -e; trap "echo trap" EXIT; set -- x; false; echo no'),
      lingering('echo "$#"; cat; readlink /proc/self/fd/0'),
      lingering('for n in 3 5 6 7 8 9; do ! { true >&$n; } 2>/dev/null || echo $n; done'),
    )
    assert.equal(texts(outputs), [
      ['', '', 130],
      ['', '', 0],
      ['', '', 3],
      ['trap\n', '', 1],
      ['0\n/dev/null\n', '', 0],
      ['', '', 0],
    ])
  }))

test('a shell that is killed has one answer, and what comes behind it is what it has said itself', () =>
  eachShell(async run => {
    const kill = 'p=$(exec sh -c "echo \\$PPID"); read -r x x x p x </proc/$p/stat; kill -KILL'
    const outputs = await run(
      lingering(`${kill} $p`),
      'echo 4',
      lingering('kill -KILL $(exec sh -c "echo \\$PPID")'),
      'echo 5',
    )
    assert.equal(
      outputs.map(({ stdout, status }) => [`${stdout}`, status]),
      [
        ['', 137],
        ['4\n', 0],
        ['', 137],
        ['5\n', 0],
      ],
    )
  }))

test('a list of processes, which shows how its output is told apart, is output as any other', () =>
  eachShell(async run => {
    const [output] = await run(
      lingering(
        'sleep 0.2; for f in /proc/[0-9]*/cmdline; do tr "\\0" " " <$f; echo; done 2>/dev/null; echo end; exit 3',
      ),
    )
    assert.equal(
      [/sed \/\[/.test(`${output?.stdout}`), `${output?.stdout}`.endsWith('end\n'), output?.status],
      [true, true, 3],
    )
  }, QUICK))

test('a line without end is cut off on the host, and the frame goes on', () =>
  eachShell(async run => {
    const outputs = await run(lingering('cat /dev/zero'), lingering('cat /dev/zero >&2'), 'echo on')
    const said = 'runbook ended it: a line without end\n'
    assert.equal(texts(outputs), [
      [said, '', 141],
      ['', said, 141],
      ['on\n', '', 0],
    ])
  }, QUICK))

test('where sed cannot do it, a fragment whose children may outlive it runs as any other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
  writeFileSync(join(folder, 'sed'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const shell = openShell('node0', localWire('sh', '-c', `PATH=${folder}:$PATH exec sh`))
  const outputs = await shell.run([lingering('echo 2; echo e >&2; exit 4'), { sh: 'echo 3' }])
  shell.close()
  rmSync(folder, { recursive: true })
  assert.equal(texts(outputs), [
    ['2\n', 'e\n', 4],
    ['3\n', '', 0],
  ])
})

test('a shell that ends in the middle is lost: what ran is not known, and later frames say so too', async () => {
  const shell = openShell('node0', localWire())
  const [failure] = await failuresOf(shell.run([{ sh: 'echo' }, { sh: 'kill -KILL $$', step: true }, { sh: 'echo' }]))
  assert.is(failure?.reason, 'host-lost')
  assert.match(failure!.what, /script 2 of 3/)
  assert.equal(await reasonsOf(shell.run([{ sh: 'echo' }])), ['host-lost'])
})

test('frames asked for before a close are refused, none hangs', async () => {
  const shell = openShell('node0', localWire())
  const asked = [shell.run([{ sh: ':' }]), shell.run([{ sh: 'echo' }])]
  const reasons = Promise.all(asked.map(reasonsOf))
  await Promise.resolve()
  shell.close()
  assert.equal(await reasons, [['host-lost'], ['host-lost']])
})

test('of too much output the end is kept, the fragment is marked, and the shell goes on', () =>
  withShell(
    async run => {
      const [big, next] = await run(`head -c ${3 * OUTPUT_CAP} /dev/zero; echo end; exit 3`, 'echo next')
      assert.equal([big?.cut, big?.status, `${big?.stdout.subarray(-4)}`], [true, 3, 'end\n'])
      assert.ok(big!.stdout.length <= OUTPUT_CAP)
      assert.equal([next?.cut, `${next?.stdout}`], [undefined, 'next\n'])
      assert.is(`${(await run('echo on'))[0]?.stdout}`, 'on\n')
    },
    undefined,
    QUICK,
  ))

test('output without end is stopped, and the fragment is named', async () => {
  const most = { step: /script 2 .*1024 MiB/, read: /script 2 .* 64 MiB/ }
  for (const [kind, words] of Object.entries(most)) {
    const wire = localWire()
    const shell = openShell('node0', wire)
    const loud = kind === 'step' ? { sh: 'cat /dev/zero', step: true as const } : { sh: 'cat /dev/zero' }
    const [failure] = await failuresOf(shell.run([{ sh: 'echo' }, loud]))
    assert.is(failure?.reason, 'host-lost')
    assert.match(failure!.what, words)
    await wire.ended
  }
})

test('output of just the cap is taken whole', () =>
  withShell(
    async run => {
      const [output] = await run(`head -c ${OUTPUT_CAP} /dev/zero`)
      assert.equal([output?.stdout.length, output?.cut], [OUTPUT_CAP, undefined])
    },
    undefined,
    QUICK,
  ))

test('a zero byte in a script is refused, and nothing of the frame runs', async () => {
  const shell = openShell('node0', localWire())
  assert.equal(await reasonsOf(shell.run([{ sh: 'echo a\0b' }])), ['host-step'])
  assert.is(`${(await shell.run([{ sh: 'echo' }]))[0]?.stdout}`, '\n')
  assert.is(shell.roundTrips, 1)
  shell.close()
})

test('messages and arguments never hold a script: it may be secret', async () => {
  const shell = openShell('node0', localWire())
  const [output] = await shell.run([{ sh: ': s3cret; cat /proc/$$/cmdline' }])
  assert.not.match(`${output?.stdout}`, /s3cret/)
  const failures = await failuresOf(shell.run([{ sh: ': s3cret; kill -KILL $$' }]))
  assert.not.match(JSON.stringify(failures), /s3cret/)
})

test('what is printed is given away as it comes, each stream of each fragment by itself, and is in no output', async () => {
  const shell = openShell('node0', localWire('sh'))
  const fifo = join(mkdtempSync(join(tmpdir(), 'runbook-shell-')), 'go')
  const heard: [number, string, string][] = []
  const outputs = await shell.run(
    // It ends only when its first line has been heard.
    [
      { sh: `mkfifo ${fifo}; echo tick; read -r x < ${fifo}; echo "$x"; printf no-newline` },
      { sh: 'echo b >&2; exit 3' },
    ],
    undefined,
    (index, stream, bytes) => {
      if (heard.length === 0) writeFileSync(fifo, 'tock\n')
      heard.push([index, stream, `${bytes}`])
    },
  )
  const said = (index: number, stream: string) =>
    heard
      .filter(one => one[0] === index && one[1] === stream)
      .map(([, , text]) => text)
      .join('')
  assert.is(said(0, 'stdout'), 'tick\ntock\nno-newline')
  assert.is(said(1, 'stderr'), 'b\n')
  assert.equal(texts(outputs), [
    ['', '', 0],
    ['', '', 3],
  ])
  assert.equal(texts(await shell.run([{ sh: 'echo as before' }])), [['as before\n', '', 0]])
  shell.close()
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { settingsIn, settingsShown } from '../../../src/module/probes/unit-settings.ts'

test('from a unit file: lists grow, an empty value takes them back, lines go on, words stand for names', () => {
  const text = `[Unit]
Type=none
[Service]
Type=oneshot
ExecStart=/bin/a %i \\
# a comment between
  %S/%p
ExecStart=/bin/b 100%%
ReadWritePaths=/a
ReadWritePaths=
ReadWritePaths=/b
Restart=no
[Install]
WantedBy=x`
  assert.equal(settingsIn(text, 'w@1.service'), {
    Type: ['oneshot'],
    ExecStart: ['/bin/a 1    /var/lib/w', '/bin/b 100%'],
    ReadWritePaths: ['/b'],
  })
})

test('a drop-in goes over what there is', () => {
  const before = settingsIn('[Service]\nExecStart=/bin/a\nUser=a', 'x.service')
  assert.equal(settingsIn('[Service]\nExecStart=\nExecStart=/bin/b\nUser=b', 'x.service', before), {
    ExecStart: ['/bin/b'],
    User: ['a', 'b'],
  })
})

test('what systemd shows, in the words of a unit file', () => {
  const command = (argv: string): string =>
    `{ path=/bin/true ; argv[]=${argv} ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }`
  assert.equal(
    settingsShown([
      ['Type', 'oneshot'],
      ['ExecStart', command('/bin/sh -c a ; b')],
      ['ExecStart', command('/bin/true b c')],
      ['User', ''],
      ['Id', 'x.service'],
    ]),
    { Type: ['oneshot'], ExecStart: ['/bin/sh -c a ; b', '/bin/true b c'] },
  )
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serviceReach } from '../../../../modules/builtin/lib/service-reach.ts'
import { settingsIn } from '../../../../src/module/probes/unit-settings.ts'

const of = (text: string, verbs = ['start'], home?: string) =>
  serviceReach(settingsIn(`[Service]\n${text}`, 'x.service'), verbs, home)
const over = (text: string, home?: string): string[] | undefined => of(text, ['start'], home)?.over

test('commands that are no daemon may do anything: oneshot, and before and after a start or stop', () => {
  const any = { over: ['any'], except: [] }
  for (const text of [
    'Type=oneshot\nExecStart=/bin/x',
    'ExecStart=/bin/d\nExecStartPre=/bin/x',
    'ExecStartPost=/bin/x',
    'ExecStopPost=-/bin/x',
  ])
    for (const verb of ['start', 'restart', 'reload-or-restart']) assert.equal(of(text, [verb]), any, `${text} ${verb}`)
  assert.equal(of('Type=oneshot\nExecStart=/bin/x', ['stop']), { over: [], except: [] })
  assert.equal(of('ExecStart=/bin/d\nExecStop=/bin/x', ['stop']), any)
  assert.equal(of('ExecStart=/bin/d\nExecStopPost=/bin/x', ['stop']), any)
  assert.is(of('Type=oneshot\nExecStart=/bin/x', ['enable', 'reset-failed']), undefined)
})

test('a daemon writes its home, its folders, where it works, and what its command line names', () => {
  assert.equal(over('User=app\nExecStart=/usr/bin/app', '/home/app'), ['tree:/home/app'])
  assert.equal(
    over('ExecStart=/usr/bin/app\nStateDirectory=a b/c\nCacheDirectory=a\nLogsDirectory=l\nRuntimeDirectory=r'),
    ['tree:/var/lib/a', 'tree:/var/lib/b/c', 'tree:/var/cache/a', 'tree:/var/log/l', 'tree:/run/r'],
  )
  assert.equal(over('WorkingDirectory=-/srv/w/\nReadWritePaths=-/srv/a "/srv/b c"'), [
    'tree:/srv/w',
    'tree:/srv/a',
    'tree:/srv/b c',
  ])
  assert.equal(over(`ExecStart=/bin/sh -c 'exec d --conf=/etc/d.conf >/srv/out 2>/dev/null' # ./x a/b`), [
    'tree:/etc/d.conf',
    'tree:/srv/out',
  ])
  assert.equal(over('ExecStart=/bin/d\nStandardOutput=append:/var/log/d.log\nPIDFile=/run/d.pid'), [
    'tree:/var/log/d.log',
    'tree:/run/d.pid',
  ])
})

test('a sandbox takes away what may not be written, the longer path counts', () => {
  assert.equal(of('Type=oneshot\nProtectSystem=full\nProtectHome=yes\nPrivateTmp=true\nReadOnlyPaths=/srv/ro'), {
    over: ['any'],
    except: [
      '/usr',
      '/boot',
      '/efi',
      '/bin',
      '/sbin',
      '/lib',
      '/etc',
      '/home',
      '/root',
      '/run/user',
      '/tmp',
      '/var/tmp',
      '/srv/ro',
    ].map(path => `tree:${path}`),
  })
  assert.equal(of('Type=oneshot\nProtectSystem=strict\nReadWritePaths=/srv/rw\nReadOnlyPaths=/srv/rw/ro'), {
    over: ['any', 'tree:/srv/rw'],
    except: ['tree:/', 'tree:/srv/rw/ro'],
  })
  assert.equal(over('ProtectSystem=strict\nExecStart=/bin/d /srv/a /srv/b/c\nReadWritePaths=/srv/b', '/home/d'), [
    'tree:/srv/b',
    'tree:/srv/b/c',
  ])
  assert.equal(over('ProtectHome=tmpfs\nBindPaths=/home/d', '/home/d'), ['tree:/home/d'])
  assert.equal(over('ProtectHome=read-only\nExecStart=/bin/d', '/home/d'), [])
  assert.equal(over('DynamicUser=yes\nStateDirectory=d\nExecStart=/bin/d /srv/x'), ['tree:/var/lib/d'])
})

test.run()

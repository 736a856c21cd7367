import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fixFor } from '../../src/lab/host.ts'

test('a machine that has no watchers left is told as that', () => {
  const console = 'Starting systemd-journald.service\nFailed to create inotify object: Too many open files\n'
  assert.match(fixFor(console, '/lab/console.log'), 'sysctl fs.inotify.max_user_instances')
  assert.match(fixFor('Welcome to Debian', '/lab/console.log'), 'see all of /lab/console.log')
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectTo } from '../../src/host/connect.ts'
import { targetOf } from '../../src/settings/reach.ts'
import { failuresOf } from '../host/local.ts'
import { onLab } from './rig.ts'

// By the ssh program, a real sshd, and what only that program can do: a login by certificate.

const { lab, check } = onLab('openssh')

check('a host that wants a certificate is reached by the ssh program, which ssh2 names', async () => {
  await lab.raise(1)
  const ca = `${lab.folder}/ca`
  const key = `${lab.folder}/mine`
  for (const path of [ca, key]) await lab.must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path)
  await lab.must('ssh-keygen', '-q', '-s', ca, '-I', 'ada', '-n', 'root', `${key}.pub`)
  const line = await lab.must('cat', `${ca}.pub`)
  await lab.everywhere(
    `echo '${line.trim()}' >/etc/ssh/ca.pub && echo 'TrustedUserCAKeys /etc/ssh/ca.pub' >/etc/ssh/sshd_config.d/ca.conf && systemctl restart ssh`,
  )
  const vars = { ...lab.hosts.node0, ansible_ssh_private_key_file: key }
  const [refused] = await failuresOf(connectTo(await targetOf('node0', vars, {})))
  assert.match(refused!.fix!, /-cert\.pub.*ansible_connection: openssh/)
  const transport = await connectTo(await targetOf('node0', { ...vars, ansible_connection: 'openssh' }, {}))
  const [output] = await transport.run([{ sh: 'echo "$USER $SSH_CONNECTION"; uname -n' }])
  assert.is(`${output?.stdout}`.trim().split('\n').at(-1), 'node0')
  const lease = await transport.lease({ run: 'a-run', who: 'ada@laptop' })
  assert.is(lease.is, 'mine')
  await transport.close()
})

test.run()

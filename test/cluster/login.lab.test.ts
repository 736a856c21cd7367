import { chmodSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failures, resultsOf } from './reading.ts'
import { onLab, type Told } from './rig.ts'

// What OpenSSH's own server, PAM and sudo say: one host, which is also the bastion to itself.

const { lab, check } = onLab('login')
const PASSWORD = 'correct-horse-77'

const at = (name: string): string => `${lab.folder}/${name}`
const write = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(at(name), text)
  chmodSync(at(name), mode)
  return at(name)
}

/** A setting of sshd that counts before all others, or none. It tells systemd when it listens; a reload is not waited for. */
const sshd = (...lines: string[]): Promise<string> =>
  lab.ssh('node0', `echo '${lines.join('\n')}' >/etc/ssh/sshd_config.d/000-test.conf; systemctl restart ssh`)

const who = (become: boolean): string =>
  write(`who-${become}.yml`, `- hosts: all\n  become: ${become}\n  tasks: [{ name: who, command: { cmd: id -un } }]\n`)

/** Runs as ada, who has a password, no key there, and sudo. */
const asAda = (become: boolean, ...more: string[]): Promise<Told> =>
  lab.applyOf(who(become), '-e', '{"ansible_user":"ada","ansible_ssh_private_key_file":null}', ...more)

const need = (told: Told): void => {
  assert.is(told.code, 0, failures(told).join('\n'))
  assert.equal(
    resultsOf(told).map(({ status }) => status),
    ['changed'],
  )
}

check('a password lets in by the plain way, and by the questions of PAM; sudo takes another', async () => {
  await lab.raise(1)
  await lab.ssh('node0', `useradd -m -s /bin/sh ada && echo ada:${PASSWORD} | chpasswd && usermod -aG sudo ada`)
  const file = write('password', PASSWORD)
  const program = write('prints', `#!/bin/sh\ncat '${file}'\n`, 0o700)
  need(await asAda(false, '--connection-password-file', file))
  await sshd('PasswordAuthentication no', 'KbdInteractiveAuthentication yes')
  need(await asAda(false, '--connection-password-file', program))
  need(await asAda(true, '--connection-password-file', file, '--become-password-file', program))
  assert.not.match(lab.said, PASSWORD)
})

check('a wrong password is one failure in the log of the host', async () => {
  const since = await lab.ssh('node0', 'date +%s')
  const told = await asAda(false, '--connection-password-file', write('wrong', 'nonsense'))
  assert.is(told.code, 3)
  assert.match(failures(told).join('\n'), 'node0 does not take the password of ada')
  const log = await lab.ssh('node0', `journalctl -q -o cat --since=@${since} | grep -c 'authentication failure' || :`)
  assert.is(log, '1')
})

check('a host is reached through a bastion, and one that forwards nothing is told as that', async () => {
  const { ansible_host: host, ansible_ssh_private_key_file: key } = lab.hosts.node0!
  const known = lab.hosts.node0!.ansible_ssh_common_args
  const config = write(
    'ssh_config',
    // The bastion is the host itself, as it sees itself.
    `Host 127.0.0.1\n  HostKeyAlias ${host}\nHost *\n  IdentityFile ${key}\n  UserKnownHostsFile ${known.replace(/.*UserKnownHostsFile=/, '')}\n`,
  )
  const through = ['-F', config, '-J', `root@${host}`, '-e', 'ansible_host=127.0.0.1']
  need(await lab.applyOf(who(false), ...through))
  await sshd('AllowTcpForwarding no')
  const told = await lab.applyOf(who(false), ...through)
  assert.is(told.code, 3)
  assert.match(failures(told).join('\n'), `bastion ${host} of node0 forwards no connection there`)
})

test.run()

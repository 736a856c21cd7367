import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isUnknown } from '../../../src/core/unknown.ts'
import { service } from '../../../src/module/probes/service.ts'
import type { ServiceAnswer } from '../../../src/module/probes/unit-answer.ts'
import { noNeeds } from '../../../src/module/probes/unit-text.ts'
import { recordAnswer } from '../../../src/world/answers.ts'
import { plainUnit } from '../../modules/answers.ts'
import { absent, createSky, text, word } from '../../world/sky.ts'

// What becomes of a unit when its files, or other units, change: no host is asked.

const etc = '/etc/systemd/system'
const runs = '[Service]\nExecStart=/bin/a\n'
const boots = `${runs}[Install]\nWantedBy=multi-user.target\n`
const gone: Partial<ServiceAnswer> = { load: 'not-found', enabled: '' }

/** A host with these units. */
const host = (units: Record<string, Partial<ServiceAnswer>>) => {
  const sky = createSky()
  for (const [name, unit] of Object.entries(units)) {
    const id = service(name).item
    recordAnswer(sky.answers, service(name), { ...plainUnit, id, names: [id], files: [`${etc}/${id}`], ...unit }, [
      'install',
    ])
  }
  // A task that writes a file has read what stands there.
  for (const name of Object.keys(units))
    for (const folder of [etc, '/usr/lib/systemd/system', '/opt'])
      sky.seen(`${folder}/${name}.service`, units[name]?.active ? text(boots) : absent)
  const see = (name: string, ...members: (keyof ServiceAnswer)[]): unknown => {
    const found = sky.ask(service(name))
    return isUnknown(found) ? word(found) : members.map(member => (found as ServiceAnswer)[member])
  }
  return { ...sky, see }
}
const running = { active: 'active', since: 7 } as const

test('a drop-in is to be read where systemd holds the unit, and only there', () => {
  const sky = host({
    on: running,
    off: {},
    'a-b': running,
    'w@1': { ...running, files: [`${etc}/w@.service`] },
    far: running,
  })
  for (const folder of ['on.service.d', 'off.service.d', 'a-.service.d', 'w@.service.d']) {
    sky.makesFolder('folder', `${etc}/${folder}`)
    assert.equal(sky.see('on', 'reload'), [folder !== 'on.service.d' && true], folder)
    sky.makes('drop-in', `${etc}/${folder}/x.conf`, runs)
  }
  assert.equal(
    ['on', 'off', 'a-b', 'w@1', 'far'].map(name => sky.see(name, 'reload')),
    [[true], [false], [true], [true], [false]],
  )
  sky.change('reload', [[service('on'), { reload: false }]], ['units', 'daemon-reload'])
  assert.equal(
    ['on', 'a-b', 'w@1'].map(name => sky.see(name, 'reload')),
    [[false], [false], [false]],
  )
})

test('a drop-in that is put there and taken away again is none that systemd has missed', () => {
  const folder = `${etc}/on.service.d`
  const sky = host({ on: { ...running, dropIns: [`${folder}/was.conf`] } })
  const seen: unknown[] = []
  const then = (name: string, what: string | undefined): void => {
    if (typeof what === 'string') sky.makes('there', `${folder}/${name}`, what)
    else sky.removes('gone', `${folder}/${name}`)
    seen.push(...(sky.see('on', 'reload') as unknown[]))
  }
  then('new.conf', runs)
  then('other.conf', runs)
  then('new.conf', undefined)
  then('other.conf', undefined)
  then('was.conf', undefined)
  then('was.conf', runs)
  then('new.conf', runs)
  then('new.conf', undefined)
  assert.equal(seen, [true, true, true, false, true, true, true, true])
})

test('what is no drop-in, and a mode, is nothing to systemd', () => {
  const sky = host({ on: running })
  sky.makes('readme', `${etc}/on.service.d/README`, '')
  sky.makes('elsewhere', '/srv/on.service.d/x.conf', runs)
  sky.change('mode', [[service('on'), {}]], [`attributes:${etc}/on.service`])
  assert.equal(sky.see('on', 'reload', 'active'), [false, 'active'])
  sky.touches('command', `tree:${etc}/on.service.d`)
  assert.is(sky.see('on', 'reload'), 'after command')
})

test('a unit follows its file: new, in another folder, hidden by one, away', () => {
  const sky = host({ a: { ...gone, files: [] } })
  sky.makes('lib', '/usr/lib/systemd/system/a.service', boots)
  assert.equal(sky.see('a', 'load', 'enabled', 'reload'), ['loaded', 'disabled', false])
  sky.makes('etc', `${etc}/a.service`, runs)
  assert.equal(sky.see('a', 'enabled', 'files'), ['static', [`${etc}/a.service`, '/usr/lib/systemd/system/a.service']])
  sky.removes('away', `${etc}/a.service`)
  assert.equal(sky.see('a', 'enabled'), ['disabled'])
  sky.removes('too', '/usr/lib/systemd/system/a.service')
  assert.equal(sky.see('a', 'load', 'enabled'), ['not-found', ''])
})

test('whose file goes away while it runs, it is there until systemd reads anew', () => {
  const sky = host({ a: running })
  sky.removes('away', `${etc}/a.service`)
  assert.equal(sky.see('a', 'load', 'active', 'enabled', 'reload'), ['loaded', 'active', 'bad', true])
})

test('a link is a mask, another name, or where the file lies', () => {
  const sky = host({
    m: { enabled: 'enabled', wanted: ['x'] },
    r: running,
    n: { ...gone, files: [] },
    l: { ...gone, files: [] },
    a: {},
  })
  sky.links('mask', `${etc}/r.service`, '/dev/null')
  assert.equal(sky.see('r', 'active', 'enabled', 'load'), ['active', 'masked', 'loaded'])
  sky.links('name', `${etc}/n.service`, 'a.service')
  assert.equal(sky.see('n', 'id', 'load'), ['a.service', 'loaded'])
  sky.makes('opt', '/opt/l.service', boots)
  sky.links('link', `${etc}/l.service`, '/opt/l.service')
  assert.equal(sky.see('l', 'load', 'enabled', 'isLink'), ['loaded', 'linked', true])
})

test('a link among what a target wants is what enables it', () => {
  const sky = host({ a: {}, b: { ...gone, files: [], wanted: [`${etc}/multi-user.target.wants/b.service`] } })
  sky.links('want', `${etc}/multi-user.target.wants/a.service`, '../a.service')
  assert.equal(sky.see('a', 'enabled'), ['enabled'])
  sky.makes('file', `${etc}/b.service`, boots)
  assert.equal(sky.see('b', 'enabled'), ['enabled'], 'a link of an earlier file of the name is left')
})

const needing = (needs: Partial<ServiceAnswer['needs']>) => ({ ...running, needs: { ...noNeeds, ...needs } })

test('a stop stops what needs the unit, through others too; what only wants it goes on', () => {
  const sky = host({
    db: running,
    web: needing({ stopsWith: ['db.service', 'sysinit.target'] }),
    top: needing({ stopsWith: ['web.service'] }),
    loose: needing({ pulls: ['db.service'] }),
    // Two that need each other lead nowhere for ever.
    ring: needing({ stopsWith: ['gnir.service'] }),
    gnir: needing({ stopsWith: ['ring.service'] }),
  })
  sky.change('stop', [[service('db'), { active: 'inactive' }]])
  assert.equal(
    ['web', 'top', 'loose', 'ring'].map(name => sky.see(name, 'active')),
    [['inactive'], ['inactive'], ['active'], ['active']],
  )
})

test('a start starts what the unit needs and ends what it conflicts with; of a oneshot it cannot be told', () => {
  const off = { active: 'inactive' } as const
  const sky = host({
    web: { ...needing({ pulls: ['db.service', 'once.service'], conflicts: ['rival.service'] }), ...off },
    db: off,
    once: { ...off, stays: false },
    rival: running,
    foe: needing({ conflicts: ['web.service'] }),
  })
  sky.change('start', [[service('web'), { active: 'active' }]], ['units'])
  assert.equal(
    ['db', 'once', 'rival', 'foe'].map(name => sky.see(name, 'active')),
    [['active'], 'after start', ['inactive'], ['inactive']],
  )
})

test('a restart is felt by what needs the unit: it has begun anew', () => {
  const sky = host({ db: running, web: needing({ stopsWith: ['db.service'] }), other: running })
  sky.change('restart', [[service('db'), { active: 'active' }]], ['restart:db.service'])
  assert.ok((sky.ask(service('web')) as ServiceAnswer).since > 7)
  assert.equal(sky.see('other', 'since'), [7])
})

test('an undecided line clouds those that it may touch, and no other', () => {
  const sky = host({ db: running, web: needing({ stopsWith: ['db.service'] }), other: running })
  sky.touches('service', 'unit:db.service', 'units')
  assert.is(sky.see('web', 'active'), 'after service')
  assert.equal(sky.see('other', 'active'), ['active'])
})

test('what a unit names in Also is enabled and disabled with it, through others too', () => {
  const names = (...also: string[]): Partial<ServiceAnswer> => ({
    enabled: 'indirect',
    install: { links: [], also, instance: '' },
  })
  const linked = { links: ['sockets.target.wants'], also: [], instance: '' }
  const sky = host({
    lst: names('mid.service', 'lst.socket'),
    mid: names('far.service', 'lst.service'),
    far: {},
    other: {},
  })
  recordAnswer(sky.answers, service('lst.socket'), { ...plainUnit, id: 'lst.socket', install: linked }, ['install'])
  const enabled = () => ['lst.socket', 'far', 'lst', 'other'].flatMap(name => sky.see(name, 'enabled'))
  sky.change('on', [[service('lst'), {}]], ['units', 'enables:lst.service'])
  assert.equal(enabled(), ['enabled', 'enabled', 'indirect', 'disabled'])
  sky.change('off', [[service('lst'), {}]], ['units', 'disables:lst.service'])
  assert.equal(enabled(), ['disabled', 'disabled', 'indirect', 'disabled'])
  sky.touches('undecided', 'unit:lst.service', 'units', 'enables:lst.service', 'disables:lst.service')
  assert.equal(enabled(), ['after undecided', 'after undecided', 'after undecided', 'disabled'])
})

test('what is done by another name is done', () => {
  const [id, names] = ['ssh.service', ['ssh.service', 'sshd.service']]
  const sky = host({ ssh: { ...running, id, names }, sshd: { ...running, id, names } })
  sky.change('stop', [[service('sshd'), { active: 'inactive' }]])
  assert.equal(sky.see('ssh', 'active'), ['inactive'])
})

test.run()

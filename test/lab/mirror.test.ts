import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mirrorIn } from '../../src/lab/mirror.ts'

const list = (text: string) => mirrorIn([{ path: '/etc/apt/sources.list', text }])
const sources = (text: string) => mirrorIn([{ path: '/etc/apt/sources.list.d/x.sources', text }])

test('lines of a .list file: comments, options, security suites and derivatives are passed over', () => {
  assert.is(list('# deb http://a.example/debian bookworm main\n'), undefined)
  assert.is(list('deb http://a.example/debian-security bookworm-security main\n'), undefined)
  assert.is(list('deb http://a.example/ubuntu noble main\n'), undefined)
  assert.is(list('deb-src http://a.example/debian bookworm main\n'), undefined)
  assert.is(
    list('deb cdrom:[Debian]/ bookworm main\ndeb http://b.example/debian trixie main'),
    'http://b.example/debian',
  )
  assert.is(list('deb [arch=amd64 trusted=yes] https://a.example/debian bookworm main'), 'https://a.example/debian')
})

test('stanzas of a .sources file: comments inside, several suites, continued and disabled ones', () => {
  const stanza =
    'Types: deb\n# taken from elsewhere\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates\n'
  assert.is(sources(stanza), 'http://a.example/debian')
  assert.is(sources(`Enabled: no\n${stanza}`), undefined)
  assert.is(sources('Types: deb-src\nURIs: http://a.example/debian\nSuites: bookworm\n'), undefined)
  assert.is(sources('Types: deb\nURIs:\n http://a.example/debian\nSuites:\n bookworm\n'), 'http://a.example/debian')
  assert.is(
    sources(`Types: deb\nURIs: http://s.example/s\nSuites: bookworm-security\n\n${stanza}`),
    'http://a.example/debian',
  )
})

test('the first file that names one decides; none gives none', () => {
  const files = ['http://a.example/debian', 'http://b.example/debian'].map((uri, i) => ({
    path: `/etc/apt/sources.list.d/${i}.list`,
    text: `deb ${uri} bookworm main`,
  }))
  assert.is(mirrorIn(files), 'http://a.example/debian')
  assert.is(mirrorIn([]), undefined)
})

test.run()

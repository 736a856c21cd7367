import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ipAddress, ipText, isWithin, leadsNowhere } from '../../../../modules/builtin/lib/ip-address.ts'

test('writings of one address are one', () => {
  for (const [text, plain] of [
    ['10.0.0.1', '10.0.0.1'],
    ['[FD00:0:0::1]', 'fd00::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:0:0:1:0:0:0', '2001:db8:0:0:1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::', '::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ] as const)
    assert.is(ipText(ipAddress(text)!), plain)
})

test('what is no address', () => {
  for (const text of [
    '10.0.0',
    '10.0.0.256',
    'fd00',
    'fd00::1::2',
    'fe80::1%eth0',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    'g::1',
    '',
  ])
    assert.is(ipAddress(text), undefined, text)
})

test('ranges, and those that lead nowhere', () => {
  const within = (range: string, length: number, text: string): boolean =>
    isWithin(ipAddress(range)!, length, ipAddress(text)!)
  assert.ok(within('10.0.0.0', 8, '10.255.0.1'))
  assert.not(within('10.0.0.0', 8, '11.0.0.1'))
  assert.ok(within('fc00::', 7, 'fd12::1'))
  assert.not(within('fc00::', 7, 'fe00::1'))
  assert.not(within('::', 0, '10.0.0.1'))
  for (const [text, word] of [
    ['127.3.2.1', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['fe80::1', 'link-local'],
    ['ff02::1', 'multicast'],
    ['10.0.0.1', undefined],
    ['fd00::1', undefined],
  ] as const)
    assert.is(leadsNowhere(ipAddress(text)!), word, text)
})

test.run()

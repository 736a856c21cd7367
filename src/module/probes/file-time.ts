/**
 * A time of a file in microseconds since 1970: of seconds, or of `2026-11-22 16:34:01.123456789 +0000` as BusyBox has it
 * with a fraction; both may be without one. NaN for anything else.
 */
export const microseconds = (time: string): number => {
  const [, date = '', fraction = '', zone] = /^([^.]+?)(?:\.(\d+))?(?: ([-+]\d{4}))?$/.exec(time) ?? []
  const seconds =
    zone === undefined ? Number(date || Number.NaN) : Date.parse(`${date.replace(' ', 'T')}${zone}`) / 1000
  return seconds * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

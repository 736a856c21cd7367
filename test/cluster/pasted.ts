// What a failure or a warning tells people to do, as commands: they are pasted as they stand.

/** The commands of a text: what stands between backticks and begins with a program, not with a value or a name. */
export const commandsIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, command]) => command!).filter(command => command.includes(' '))

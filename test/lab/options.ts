/** What the laboratories are told on the command line, as make passes it on: `NAME=VALUE`. */

/** Undefined: nothing is said of it. */
export const textOption = (name: string): string | undefined =>
  process.argv.find(word => word.startsWith(`${name}=`))?.slice(name.length + 1);

export const numberOption = (name: string, otherwise: number): number => Number(textOption(name) ?? otherwise);

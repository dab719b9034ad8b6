/** True when a location (argument.ts) is a URL, not the absolute name of a file. */
export const isUrl = (location: string): boolean => !location.startsWith('/');

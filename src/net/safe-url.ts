/**
 * Whether what is fetched from there cannot be read or changed on its way: https anywhere; a file of this machine; http on
 * this machine alone.
 */
export function isSafeUrl(url: URL): boolean {
  if (url.protocol === 'https:' || url.protocol === 'file:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

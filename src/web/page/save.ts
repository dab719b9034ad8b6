/** Saves a text as a file of who looks at the page. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

export const saveJson = (name: string, value: unknown): void =>
  saveFile(`${name}.json`, 'application/json', `${JSON.stringify(value, null, 2)}\n`);

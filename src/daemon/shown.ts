/** Rows as the shell shows them, for the looking glass: loaded when somebody looks. */
export async function shown(command: string, rows: readonly unknown[]): Promise<readonly string[]> {
  const { renderAnswer } = await import('../vty/render/answer.ts');
  return renderAnswer(command, rows, Date.now());
}

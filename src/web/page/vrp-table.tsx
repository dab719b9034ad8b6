/** VRPs as a table, each with whether it allows the route. */
import { useWords } from './context.ts';
import { Mark, Table } from './parts.tsx';

interface Vrp {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
  readonly matches: boolean;
}

export function VrpTable({ caption, rows }: { caption: string; rows: readonly Vrp[] }) {
  const words = useWords();
  if (rows.length === 0)
    return (
      <>
        <h3>{caption}</h3>
        <p>{words.noRoas}</p>
      </>
    );
  return (
    <Table
      heading={3}
      caption={caption}
      rows={rows}
      keyOf={row => `${row.prefix} ${row.maxLength} ${row.asn}`}
      columns={[
        { title: words.prefix, show: row => row.prefix, kind: 'code' },
        { title: words.maxLength, show: row => `/${row.maxLength}`, kind: 'number' },
        { title: words.as, show: row => (row.asn === 0 ? `AS0 (${words.nobodyMay})` : `AS${row.asn}`), kind: 'id' },
        {
          title: words.allows,
          show: row => <Mark of={row.matches ? words.yes : words.no} as={row.matches ? 'good' : 'bad'} />,
        },
      ]}
    />
  );
}

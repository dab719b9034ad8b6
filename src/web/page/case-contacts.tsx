/** Whom to call about a case, with a draft to each. */
import { useState } from 'preact/hooks';
import type { CaseDetail } from '../../control/case-rows.ts';
import type { CaseSheet } from '../../control/contact-rows.ts';
import { useAsk, useWords } from './context.ts';
import { Read, Table, term } from './parts.tsx';
import { instant } from './show.ts';

/** Registries of others are asked: at once while the case is open, for one that is over when somebody wants it. */
export function CaseContacts({ one }: { one: CaseDetail }) {
  const words = useWords();
  const [wanted, setWanted] = useState(one.state !== 'resolved' && one.state !== 'dismissed');
  const reading = useAsk<CaseSheet[]>(wanted ? 'show contact' : null, { 'case-id': one.id, [words.code]: true }, 0);
  return (
    <>
      <h2>{words.whomToCall}</h2>
      {!wanted && (
        <button type="button" onClick={() => setWanted(true)}>
          {words.contactsRead}
        </button>
      )}
      {wanted && reading.value === null && reading.trouble === '' ? (
        <p class="soft" role="status">
          {words.contactsWait}
        </p>
      ) : (
        wanted && <Read of={reading}>{sheets => sheets.map(sheet => <Sheet of={sheet} key={sheet.subject} />)}</Read>
      )}
    </>
  );
}

function Sheet({ of: { subject, findings, draft } }: { of: CaseSheet }) {
  const words = useWords();
  const rows = findings.flatMap(({ source, name, asked, contacts }) =>
    contacts.map((contact, i) => ({ ...contact, source, asked, key: `${source} ${i}`, of: name })),
  );
  const met = [...new Set(findings.flatMap(({ present }) => present))];
  const failed = findings.filter(({ why }) => why !== '');
  const names = [...new Set(findings.map(({ name }) => name).filter(Boolean))];
  return (
    <section aria-label={subject}>
      <h3>
        {subject} {names.join(', ')}
      </h3>
      {rows.length === 0 ? (
        <p>{words.contactNone}</p>
      ) : (
        <Table
          caption={subject}
          rows={rows}
          keyOf={({ key }) => key}
          columns={[
            { title: words.role, show: row => term(words.contactOf, row.role) },
            { title: words.name, show: row => [row.name, row.handle].filter(Boolean).join(' ') },
            { title: words.phone, show: row => row.phones.map(phone => <Phone of={phone} key={phone} />) },
            { title: words.mail, show: row => row.emails.map(mail => <Mail to={mail} key={mail} />) },
            { title: words.source, show: row => row.source },
            { title: words.asked, show: row => instant(row.asked), kind: 'time' },
          ]}
        />
      )}
      {met.length > 0 && (
        <p>
          {words.metAt}: {met.join(', ')}
        </p>
      )}
      {failed.map(({ source, why }) => (
        <p class="warn" key={source}>
          {source}: <span lang="en">{why}</span>
        </p>
      ))}
      {draft !== '' && (
        <details>
          <summary>
            {words.draft} ({subject})
          </summary>
          <pre>{draft.trim()}</pre>
        </details>
      )}
    </section>
  );
}

const Phone = ({ of }: { of: string }) => (
  <a class="each" href={`tel:${of.replaceAll(/[^+\d]/g, '')}`}>
    {of}
  </a>
);

const Mail = ({ to }: { to: string }) => (
  <a class="each" href={`mailto:${encodeURIComponent(to).replace('%40', '@')}`}>
    {to}
  </a>
);

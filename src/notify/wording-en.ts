import { maintainerIn } from '../hijack/recipients.ts';
import { kindsInEnglish } from './kinds-en.ts';
import type { Wording } from './wording.ts';

const unit = (count: number, name: string) => `${count} ${name}${count === 1 ? '' : 's'}`;

export const english: Wording = {
  follows: '(English follows the Japanese text.)',
  kinds: kindsInEnglish,
  hint: (_name, text) => [text],
  intro(notice, found) {
    const [subject, rest] = found.split('|') as [string, string];
    switch (notice) {
      case 'begin':
        return `${subject} has been detected${rest}.`;
      case 'blip':
        return `${subject} was detected for a short time${rest}. It is over now; this is the only notice of it.`;
      case 'change':
        return 'What was reported earlier has changed.';
      case 'flapping':
        return 'What was reported comes and goes. Each time is not told by itself: a summary follows every 30 minutes as long as it does so.';
      case 'reminder':
        return 'What was reported earlier is still going on.';
      case 'end':
        return 'What was reported earlier is no longer detected.';
    }
  },
  changed(change) {
    switch (change.what) {
      case 'critical':
        return change.now ? 'it is critical now' : 'it is no longer critical';
      case 'severity':
        return `severity ${change.from} is now ${change.to}`;
      case 'seen':
        return `seen by ${unit(change.to, 'peer')} at most; it was ${unit(change.from, 'peer')} when last reported`;
      case 'flaps':
        return `the route was gone and came back ${unit(change.times, 'time')}`;
    }
  },
  label: {
    prefix: 'Prefix',
    what: 'What',
    by: 'Announced by',
    passed: 'Passed on by',
    registered: 'Registered to',
    via: 'Via',
    paths: 'AS path',
    seen: 'Seen by',
    since: 'Since',
    ended: 'Ended',
    lasted: 'Lasted',
    why: 'Why ended',
    changed: 'What changed',
    case: 'Case',
    incident: 'Incident',
  },
  by: offender => (offender === null ? 'an AS_SET (no single origin AS)' : `AS${offender}`),
  registered: (origins, prefix) => `${origins.map(as => `AS${as}`).join(', ')} (${prefix})`,
  via: upstream =>
    upstream === null ? 'no AS in between' : `AS${upstream} (one up the path of most peers: call this AS)`,
  path: (path, peers) => `${path} (from ${peers})`,
  more: count => `... and ${count} more`,
  rightly: peers => `the registered route: ${unit(peers, 'peer')} now`,
  seen: (now, unseen, peak) =>
    `${unit(now, 'peer')} now, ${peak} at most${unseen > 0 ? `; not known of ${unit(unseen, 'peer')}: session lost` : ''}`,
  peak: peak => `${unit(peak, 'peer')} at most`,
  time: (utc, jst) => `${utc} UTC (${jst} JST)`,
  duration(seconds) {
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor(seconds / 3600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    const parts = [
      days > 0 ? unit(days, 'day') : '',
      hours > 0 ? unit(hours, 'hour') : '',
      minutes > 0 ? unit(minutes, 'minute') : '',
      seconds % 60 > 0 || seconds === 0 ? unit(seconds % 60, 'second') : '',
    ];
    return parts.filter(part => part !== '').join(' ');
  },
  over: 'no peer holds a route that contradicts the registry any more',
  heading: { why: 'Why this notice', todo: 'What to do' },
  registeredAs: source => `The registered object (source: ${source}):`,
  contradicts: source => `The route contradicts this object (source: ${source}):`,
  cut: characters => `(${characters} more characters left off)`,
  nothingRecorded: 'No registered object was recorded with this case.',
  checkFirst: 'Please check first whether it is one of these:',
  checks: (offender, prefix) => [
    [
      'Wrong registration.',
      'If the object above is out of date, or covers space that is not yours, please correct or delete it. If the route is announced rightly and merely not registered, please register it.',
    ],
    [
      'Private AS.',
      `If ${offender} is a private AS number used behind your own AS, "remove-private-as" is probably missing on an external session.`,
    ],
    [
      'Customer using your PA space.',
      `If ${offender} is a customer that announces your provider-aggregatable block by agreement, please register a route object for ${prefix} with origin ${offender}.`,
    ],
    [
      'IX LAN or private peering segment.',
      'If the prefix is the LAN of an IX or a link between networks, ask the AS that announces it to stop (next-hop-self).',
    ],
  ],
  call: 'If it is none of these, the prefix may have been hijacked. Please call:',
  callees: (offender, upstream, passes) => [
    ...(offender === null ? [] : [`AS${offender}, which ${passes ? 'passes the route on' : 'announces the route'}`]),
    ...(upstream === null
      ? []
      : [`AS${upstream}, one up the path: it can stop the route even if the origin does not answer`]),
  ],
  contacts: as => `Contacts are found by "whois AS${as}" and at https://www.peeringdb.com/asn/${as}`,
  willTellOfEnd: 'Another mail will follow when this is over.',
  willTell: 'Another mail will follow when the route is no longer detected.',
  because(reason) {
    if (reason === 'x-keiro')
      return 'You receive this mail because your address is registered as X-Keiro contact of this route.';
    const mntner = maintainerIn(reason);
    if (mntner !== null)
      return `You receive this mail because your address is registered as X-Keiro contact of ${mntner}, the maintainer of this route.`;
    if (reason === 'notify')
      return 'You receive this mail because your address is registered as notify contact of this route.';
    return `You receive this mail because of the configuration of this InterTrack (${reason}).`;
  },
  doubt: time =>
    `This may reach you a second time: when it was sent at ${time}, no answer came, and whether your mail server had taken it is not known.`,
  drill:
    '[drill] This is a drill: no such route exists, and nothing has to be done. It measures how long this mail takes to reach you.',
  summary: (event, count) =>
    event === 'storm'
      ? `${unit(count, 'case')} began within a short time, so many that they are not told one by one. Each is shown in full by "itctl show case" on the collector.`
      : `${unit(count, 'case')} of those told in a summary are over: no peer holds these routes any more.`,
  ofOneIncident: incident =>
    `All of them are of incident ${incident}: "itctl show incident ${incident}" shows that with all its cases.`,
  cutOff: prefix =>
    `All mail servers of the following addresses lie inside the affected prefix ${prefix}. Mail to them may not arrive as long as the case lasts; please tell these people in another way.`,
  test: 'This is a test. No route is concerned, and nothing needs to be done. It shows that notices of this InterTrack reach you.',
  sentBy: (host, router, from) =>
    `Sent automatically by InterTrack on ${host} (${router}).${from === null ? '' : ` Questions to ${from}.`}`,
};

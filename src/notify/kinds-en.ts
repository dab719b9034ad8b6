import type { KindWording, WordedKind } from './wording.ts';

/**
 * The kinds of cases in English, a row each. In `found`, "has been detected" takes the place of the bar. A new kind of case
 * is a row here and one in kinds-ja.ts; its subject is in subject.ts.
 */
export const kindsInEnglish: Readonly<Record<WordedKind, KindWording>> = {
  origin: {
    found: 'A BGP route| whose origin AS differs from the registered route object',
    what: () => 'the registered prefix, announced by another origin AS',
  },
  'more-specific': {
    found: 'A BGP route| whose origin AS differs from the registered route object',
    what: registered => `a more-specific of the registered ${registered}, announced by another origin AS`,
  },
  'super-prefix': {
    found: 'A BGP route| that covers the registered prefix and comes from another origin AS',
    what: registered => `a covering prefix of the registered ${registered}, announced by another origin AS`,
    checks: (offender, prefix) => [
      ['Aggregate of a provider.', `If ${offender} is your provider and ${prefix} its own block, this is no fault.`],
      [
        'Your own prefix is missing.',
        'Where your own route is missing, traffic follows the covering one. Please check first that it is announced.',
      ],
    ],
  },
  squatting: {
    found: 'A BGP route| for a prefix that nobody may announce',
    what: registered => `a prefix in ${registered}, which no AS is registered to announce`,
    checks: (offender, prefix) => [
      ['Forgotten registration.', `If ${offender} announces ${prefix} for you, please register a route object.`],
    ],
  },
  'rpki-invalid': {
    found: 'A BGP route| that is invalid by the RPKI',
    what: registered => `a route that the ROAs for ${registered} do not allow`,
    checks: (offender, prefix) => [
      [
        'ROA out of date, or its maxLength too short.',
        `If ${offender} may announce ${prefix}, please issue a ROA for exactly this prefix and AS.`,
      ],
      [
        'ROA of somebody else.',
        'If the ROA covers space that is yours and is not from you, please call your registry.',
      ],
    ],
  },
  'roa-vanished': {
    found: 'A change in the RPKI|: a ROA that protected the prefix is gone',
    what: registered => `the ROA for ${registered} is no longer there`,
    checks: () => [
      [
        'Withdrawn or expired.',
        'Please check in the portal of your registry whether the ROA is still meant to be there.',
      ],
    ],
    over: 'the prefix is covered by a ROA again',
  },
  'roa-expiring': {
    found: 'A ROA| that is about to expire',
    what: registered => `the ROA for ${registered} expires soon`,
    checks: () => [['Renewal.', 'Please renew the ROA, or let your registry renew it, before it expires.']],
    over: 'the ROA was renewed',
  },
  'trust-anchor': {
    found: 'A fault in the RPKI|: the data of a trust anchor cannot be relied on',
    what: registered => `what the RPKI said of ${registered} is missing with its trust anchor`,
    checks: () => [
      [
        'Nothing of yours.',
        'The fault is with the trust anchor or our validator; routes are judged by the last good data.',
      ],
    ],
    over: 'the data of the trust anchor is back',
  },
  upstream: {
    found: 'A BGP route| whose origin AS is right, but which comes by an AS that is no registered upstream',
    what: () => 'the registered prefix and origin AS, by an upstream that is not allowed',
    checks: (_offender, prefix) => [
      [
        'New upstream.',
        `If you have a new provider or peer for ${prefix}, please add it to the list of upstreams or your ASPA.`,
      ],
      ['Forged origin.', 'If you have no session with that AS, the origin in the path is forged. Please call that AS.'],
    ],
  },
  path: {
    found: 'A BGP route| whose AS path breaks a rule of the watch',
    what: () => 'the registered prefix and origin AS, by a path that the rules do not allow',
    checks: () => [['Change of routing.', 'If the path is meant to be so, please change the rule of the watch.']],
  },
  leak: {
    found: 'A route leak|: an AS passes on a route that it should keep to itself',
    what: () => 'the registered prefix, passed on against the roles of the ASes on its way',
    checks: () => [
      [
        'Filter towards a provider or peer.',
        'Please ask the AS that leaks to filter what it passes on; the AS one up the path can refuse the route meanwhile.',
      ],
    ],
  },
  'private-as': {
    found: 'A BGP route| that has a private or reserved AS number in its path',
    what: () => 'the registered prefix, with a private or reserved AS in its path',
    checks: () => [
      ['Private AS.', '"remove-private-as" is probably missing on the external session of the AS next to it.'],
    ],
  },
  bogon: {
    found: 'A BGP route| for address space that must not be in the global table',
    what: () => 'reserved or unallocated space',
    checks: () => [
      ['Missing filter.', 'Please ask the AS that announces it, and the AS one up the path, to filter it.'],
    ],
  },
  'ix-lan': {
    found: 'A BGP route| for the LAN of an exchange or a link between networks',
    what: registered => `the segment ${registered}, which should not be announced at all`,
    checks: () => [
      [
        'IX LAN or private peering segment.',
        'Please ask the AS that announces it to stop (next-hop-self, no redistribution of connected routes).',
      ],
    ],
  },
  visibility: {
    found: 'A loss of visibility|: fewer peers than usual hold the prefix',
    what: registered => `the registered ${registered}, held by fewer peers than usual`,
    checks: () => [
      [
        'Your own announcement.',
        'Please check that the prefix is announced by your routers and carried by your upstreams.',
      ],
      ['Filters.', 'A ROA or route object that was changed of late can make others refuse the route.'],
    ],
    over: 'as many peers as usual hold the prefix again',
  },
  'new-prefix': {
    found: 'A BGP route| of your AS for a prefix that it is not known to announce',
    what: () => 'a prefix that is new for this origin AS',
    checks: (offender, prefix) => [
      [
        'Not yet registered.',
        `If ${offender} announces ${prefix} rightly, please register a route object and issue a ROA.`,
      ],
      ['Leak from inside.', 'If it is a part of your network that should not be seen outside, please filter it.'],
    ],
  },
  blackhole: {
    found: 'A BGP route| that asks for the traffic of the prefix to be discarded',
    what: registered => `a blackhole route inside the registered ${registered}`,
    checks: offender => [
      [
        'Your own request.',
        `If you asked for it against an attack, nothing is wrong; otherwise please call ${offender}.`,
      ],
    ],
  },
  moas: {
    found: 'A BGP route| for a prefix that several origin ASes announce',
    what: registered => `the registered ${registered}, announced by more than one origin AS`,
  },
  'exception-ended': {
    found: 'The end of an exception|: what it allowed is judged again',
    what: registered => `the exception for ${registered} has ended`,
    checks: () => [['Still needed.', 'If the exception is still needed, please state it anew with another end.']],
  },
  other: {
    found: 'A BGP route| that contradicts what is registered',
    what: registered => `a route that contradicts what is registered for ${registered}`,
  },
};

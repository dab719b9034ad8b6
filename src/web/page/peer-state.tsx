/** The state of a BGP session in the colour of how it is. */
import { Mark } from './parts.tsx';

export const PeerState = ({ of }: { of: string }) => <Mark of={of} as={of === 'Established' ? 'good' : 'bad'} />;

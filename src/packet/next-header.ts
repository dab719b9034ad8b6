/**
 * What stands next in a frame, as one number: an EtherType (IEEE 802 numbers) where there is one, else one of ours above
 * the 16 bits that an EtherType has.
 */
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;
export const ETHERTYPE_VLAN = 0x8100;
export const ETHERTYPE_QINQ = 0x88a8;
/** Tags of switches that are older than 802.1ad. */
export const ETHERTYPE_QINQ_OLD = 0x9100;
export const ETHERTYPE_QINQ_OLDER = 0x9200;
/** Provider backbone bridges (802.1ah): a whole frame behind the I-tag. */
export const ETHERTYPE_BACKBONE = 0x88e7;
export const ETHERTYPE_MPLS = 0x8847;
export const ETHERTYPE_MPLS_MULTICAST = 0x8848;
export const ETHERTYPE_PPPOE_SESSION = 0x8864;
/** Transparent Ethernet Bridging (RFC 1701): a whole frame. */
export const ETHERTYPE_BRIDGED = 0x6558;

export const ETHERNET = 0x10000;
/** IPv4 or IPv6, as the first four bits say. */
export const RAW_IP = 0x10001;
export const LINUX_COOKED = 0x10002;
export const LINUX_COOKED_2 = 0x10003;
/** An address family of 4 octets, in the byte order of some host (BSD loopback). */
export const LOOPBACK = 0x10004;
/** PPP with or without its HDLC address and control octets. */
export const PPP = 0x10005;
export const CISCO_HDLC = 0x10006;
/** What access points hear (IEEE 802.11), without a radio header. */
export const IEEE_802_11 = 0x10007;

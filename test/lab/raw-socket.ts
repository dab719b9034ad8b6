/**
 * Raw sockets in the hosts of a lab: packets captured, and sent with whatever source. Node.js has none; Perl has, and is in
 * every Debian. (tcpdump insists on changing its groups, which a namespace of an ordinary user forbids.)
 */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Lab, Program } from './lab.ts';

/** Both directions of a device as pcap (packet(7)), each frame as soon as it is seen, with the kernel's time. */
const CAPTURE = `
use Socket;
my ($device, $snaplen) = @ARGV;
open(my $file, '<', "/sys/class/net/$device/ifindex") or die "$device: $!\\n";
socket(my $socket, 17, SOCK_RAW, unpack('S', pack('n', 3))) or die "socket: $!\\n";
# SO_RCVBUFFORCE: a burst waits here until it is written; where it is not permitted, more may be lost.
setsockopt($socket, SOL_SOCKET, 33, pack('i', 8 << 20));
bind($socket, pack('S n l S C C x8', 17, 3, <$file>, 0, 0, 0)) or die "bind: $!\\n";
binmode STDOUT;
$| = 1;
print pack('L S S l L L L', 0xa1b2c3d4, 2, 4, 0, 0, $snaplen, 1);
while (defined recv($socket, my $frame, 0x20000, 0)) {
  ioctl($socket, 0x8906, my $time = "\\0" x 16) or die "SIOCGSTAMP: $!\\n";
  my ($seconds, $microseconds) = unpack('q q', $time);
  my $kept = substr $frame, 0, $snaplen;
  print pack('L L L L', $seconds, $microseconds, length $kept, length $frame), $kept;
}`;

/** IP packets, a line of hex digits each. Protocol 255 (raw(7)): they bring their own header. */
const SEND = `
use Socket qw(:DEFAULT AF_INET6 pack_sockaddr_in6);
socket(my $four, AF_INET, SOCK_RAW, 255) && socket(my $six, AF_INET6, SOCK_RAW, 255) or die "socket: $!\\n";
while (<STDIN>) {
  chomp;
  my $packet = pack 'H*', $_;
  my @to = ord($packet) >> 4 == 4
    ? ($four, pack_sockaddr_in(0, unpack('x16 a4', $packet)))
    : ($six, pack_sockaddr_in6(0, unpack('x24 a16', $packet)));
  send($to[0], $packet, 0, $to[1]) or die "send: $!\\n";
}`;

/** Octets of each frame that are kept: all that a digest needs, behind any headers of these labs. */
const SNAPLEN = 256;

/** Captures on a device; the pcap is its output. */
export function capture(lab: Lab, host: string, device: string): Program {
  return lab.start(host, ['perl', '-e', CAPTURE, device, `${SNAPLEN}`]);
}

/** Captures on a device into a file, until the lab ends. */
export function captureTo(lab: Lab, host: string, device: string, file: string): void {
  pipeline(capture(lab, host, device).stdout, createWriteStream(file)).catch(() => {});
}

/** Sends IP packets from a host. */
export async function send(lab: Lab, host: string, ...packets: readonly Uint8Array[]): Promise<void> {
  const lines = packets.map(packet => `${Buffer.from(packet).toString('hex')}\n`);
  await lab.run(host, ['perl', '-e', SEND], lines.join(''));
}

/** Twice a second a packet from a host to an address, so that a tap on its way sees time pass. */
export const murmur = (lab: Lab, host: string, address: string): void => talk(lab, host, address, 2, `'murmur'`);

/** So many packets a second from a host to an address, none like another. */
export const chatter = (lab: Lab, host: string, address: string, rate: number): void =>
  talk(lab, host, address, rate, `pack('N*', map { int rand 2 ** 32 } 1 .. 40)`);

/** A host sends what a Perl expression says, so often a second, until the lab ends. */
function talk(lab: Lab, host: string, address: string, rate: number, payload: string): void {
  const socket = `use IO::Socket::IP; my $s = IO::Socket::IP->new(Proto => 'udp', PeerHost => '${address}', PeerPort => 9) or die $!;`;
  lab.start(host, [
    'perl',
    '-e',
    `${socket} for (;;) { $s->send(${payload}); select undef, undef, undef, 1 / ${rate}; }`,
  ]);
}

/** Whole frames, a line of hex digits each, at a device; `times` each, as fast as it can. */
const SEND_FRAMES = `
use Socket;
my ($device, $times) = @ARGV;
open(my $file, '<', "/sys/class/net/$device/ifindex") or die "$device: $!\\n";
socket(my $socket, 17, SOCK_RAW, 0) or die "socket: $!\\n";
bind($socket, pack('S n l S C C x8', 17, 0, <$file>, 0, 0, 0)) or die "bind: $!\\n";
my @frames = map { chomp; pack 'H*', $_ } <STDIN>;
for (1 .. $times) { for (@frames) { send($socket, $_, 0) or die "send: $!\\n"; } }`;

/** Sends Ethernet frames from a device of a host. */
export async function sendFrames(
  lab: Lab,
  host: string,
  device: string,
  frames: readonly Uint8Array[],
  times = 1,
): Promise<void> {
  const lines = frames.map(frame => `${Buffer.from(frame).toString('hex')}\n`);
  await lab.run(host, ['perl', '-e', SEND_FRAMES, device, `${times}`], lines.join(''));
}

/** A tun device (Documentation/networking/tuntap.rst of Linux) that receives IP packets once a file is there. */
const TUN = `
my ($device, $go, @packets) = @ARGV;
open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!\\n";
ioctl($tun, 0x400454ca, pack('a16 s x22', $device, 0x1001)) or die "TUNSETIFF: $!\\n";
system('ip', 'link', 'set', 'dev', $device, 'up') == 0 or die "ip\\n";
$| = 1;
print "up\\n";
select undef, undef, undef, 0.05 until -e $go;
syswrite($tun, pack('H*', $_)) or die "write: $!\\n" for @packets;
sleep 60;`;

/** Makes a tun device in a host, as long as the program runs; `packets` come in there once the file `go` exists. */
export function tunnel(lab: Lab, host: string, device: string, go: string, packets: readonly Uint8Array[]): Program {
  return lab.start(host, ['perl', '-e', TUN, device, go, ...packets.map(one => Buffer.from(one).toString('hex'))]);
}

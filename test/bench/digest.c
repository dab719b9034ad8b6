/*
 * The work of src/packet/kernel/ in C, for test/bench/digest.ts: the same passes over the same batches with the same results.
 * digest FILE FILTER_OCTETS LANES: reads a pcap file (little-endian) into memory; each line of standard input is one round
 * over all of it. Prints nanoseconds, digests kept and their exclusive or. LANES 2: two inputs hashed at once in integer
 * registers, 8: six more in vector registers, as the kernel does.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { BATCH = 256, SLOT = 96, LONGEST_FRAME = 262144, PIECE = 131072, CACHE_BITS = 12 };

struct slice {
  uint8_t *filter;
  uint64_t blocks;
  uint64_t *next;
  uint32_t room, packets;
};

struct place {
  uint64_t a, b;
  uint32_t vantage;
  uint32_t spare[3];
};

static uint32_t counts[13];
static uint8_t lists[13][BATCH];
static struct slice *slices[BATCH];
static uint64_t digests[BATCH];
static uint8_t *blocks[BATCH];
static _Alignas(64) uint8_t queue[BATCH * SLOT];
static struct place cache[1 << CACHE_BITS];
static struct slice table[16];
static uint8_t piece[PIECE + 64];
static const uint64_t k0 = 0x0706050403020100, k1 = 0x0f0e0d0c0b0a0908;
static const uint16_t ports[16] = {1701, 2152, 3544, 4754, 4789, 4790, 6081, 6635, 8472, 37008};
static uint16_t network_ports[16];

static inline uint64_t get64(const uint8_t *p) { uint64_t x; memcpy(&x, p, 8); return x; }
static inline uint32_t get32(const uint8_t *p) { uint32_t x; memcpy(&x, p, 4); return x; }
static inline uint16_t get16(const uint8_t *p) { uint16_t x; memcpy(&x, p, 2); return x; }
static inline void put64(uint8_t *p, uint64_t x) { memcpy(p, &x, 8); }
static inline uint32_t be16(const uint8_t *p) { return __builtin_bswap16(get16(p)); }
static inline uint64_t rotl(uint64_t x, int by) { return x << by | x >> (64 - by); }

#define ROUND_A(v) v##0 += v##1; v##2 += v##3;
#define ROUND_B(v) v##1 = rotl(v##1, 13) ^ v##0; v##3 = rotl(v##3, 16) ^ v##2; v##0 = rotl(v##0, 32);
#define ROUND_C(v) v##0 += v##3; v##2 += v##1;
#define ROUND_D(v) v##3 = rotl(v##3, 21) ^ v##0; v##1 = rotl(v##1, 17) ^ v##2; v##2 = rotl(v##2, 32);
#define INIT(v) \
  uint64_t v##0 = k0 ^ 0x736f6d6570736575, v##1 = k1 ^ 0x646f72616e646f6d ^ 0xee, v##2 = k0 ^ 0x6c7967656e657261, \
           v##3 = k1 ^ 0x7465646279746573;

static uint64_t hash_one(const uint8_t *a, size_t words) {
  INIT(a)
  for (size_t i = 0; i < words + 2; i++) {
    uint64_t m = i < words ? get64(a + i * 8) : 0;
    if (i == words) a2 ^= 0xee;
    a3 ^= m;
    for (int r = 0; r < 2; r++) { ROUND_A(a) ROUND_B(a) ROUND_C(a) ROUND_D(a) }
    a0 ^= m;
  }
  return a0 ^ a1 ^ a2 ^ a3;
}

static void hash_two(const uint8_t *list, size_t words) {
  const uint8_t *p = queue + list[0] * SLOT, *q = queue + list[1] * SLOT;
  INIT(a)
  INIT(b)
  for (size_t i = 0; i < words; i++) {
    uint64_t m = get64(p + i * 8), n = get64(q + i * 8);
    a3 ^= m; b3 ^= n;
    for (int r = 0; r < 2; r++) { ROUND_A(a) ROUND_A(b) ROUND_B(a) ROUND_B(b) ROUND_C(a) ROUND_C(b) ROUND_D(a) ROUND_D(b) }
    a0 ^= m; b0 ^= n;
  }
  a2 ^= 0xee; b2 ^= 0xee;
  for (int r = 0; r < 4; r++) { ROUND_A(a) ROUND_A(b) ROUND_B(a) ROUND_B(b) ROUND_C(a) ROUND_C(b) ROUND_D(a) ROUND_D(b) }
  digests[list[0]] = a0 ^ a1 ^ a2 ^ a3;
  digests[list[1]] = b0 ^ b1 ^ b2 ^ b3;
}

typedef uint64_t two __attribute__((vector_size(16)));
typedef uint16_t eight16 __attribute__((vector_size(16)));
typedef uint32_t four32 __attribute__((vector_size(16)));
static inline two vrotl(two x, int by) { return x << by | x >> (64 - by); }
static inline two vturn16(two x) { return (two)__builtin_shuffle((eight16)x, (eight16){3, 0, 1, 2, 7, 4, 5, 6}); }
static inline two vturn32(two x) { return (two)__builtin_shuffle((four32)x, (four32){1, 0, 3, 2}); }
#define VROUND_B(v) v##1 = vrotl(v##1, 13) ^ v##0; v##3 = vturn16(v##3) ^ v##2; v##0 = vturn32(v##0);
#define VROUND_D(v) v##3 = vrotl(v##3, 21) ^ v##0; v##1 = vrotl(v##1, 17) ^ v##2; v##2 = vturn32(v##2);
#define VINIT(v) two v##0 = {a0, a0}, v##1 = {a1, a1}, v##2 = {a2, a2}, v##3 = {a3, a3};

static void hash_eight(const uint8_t *list, size_t words) {
  const uint8_t *p[8];
  for (int i = 0; i < 8; i++) p[i] = queue + list[i] * SLOT;
  INIT(a)
  INIT(b)
  VINIT(x)
  VINIT(y)
  VINIT(z)
  for (size_t i = 0; i < words + 2; i++) {
    uint64_t m = 0, n = 0;
    two s = {0, 0}, t = s, u = s;
    if (i < words) {
      m = get64(p[0] + i * 8);
      n = get64(p[1] + i * 8);
      s = (two){get64(p[2] + i * 8), get64(p[3] + i * 8)};
      t = (two){get64(p[4] + i * 8), get64(p[5] + i * 8)};
      u = (two){get64(p[6] + i * 8), get64(p[7] + i * 8)};
    } else if (i == words) {
      two ee = {0xee, 0xee};
      a2 ^= 0xee; b2 ^= 0xee; x2 ^= ee; y2 ^= ee; z2 ^= ee;
    }
    a3 ^= m; b3 ^= n; x3 ^= s; y3 ^= t; z3 ^= u;
    for (int r = 0; r < 2; r++) {
      ROUND_A(a) ROUND_A(b) ROUND_A(x) ROUND_A(y) ROUND_A(z)
      ROUND_B(a) ROUND_B(b) VROUND_B(x) VROUND_B(y) VROUND_B(z)
      ROUND_C(a) ROUND_C(b) ROUND_C(x) ROUND_C(y) ROUND_C(z)
      ROUND_D(a) ROUND_D(b) VROUND_D(x) VROUND_D(y) VROUND_D(z)
    }
    a0 ^= m; b0 ^= n; x0 ^= s; y0 ^= t; z0 ^= u;
  }
  two xs = x0 ^ x1 ^ x2 ^ x3, ys = y0 ^ y1 ^ y2 ^ y3, zs = z0 ^ z1 ^ z2 ^ z3;
  digests[list[0]] = a0 ^ a1 ^ a2 ^ a3;
  digests[list[1]] = b0 ^ b1 ^ b2 ^ b3;
  digests[list[2]] = xs[0]; digests[list[3]] = xs[1];
  digests[list[4]] = ys[0]; digests[list[5]] = ys[1];
  digests[list[6]] = zs[0]; digests[list[7]] = zs[1];
}

static void hash_all(int lanes) {
  for (size_t words = 1; words <= 12; words++) {
    const uint8_t *list = lists[words], *end = list + counts[words];
    if (lanes == 8) for (; list + 8 <= end; list += 8) hash_eight(list, words);
    if (lanes == 8 && end - list >= 4 && counts[words] >= 8) { hash_eight(end - 8, words); list = end; }
    for (; list + 2 <= end; list += 2) hash_two(list, words);
    if (list < end) digests[*list] = hash_one(queue + *list * SLOT, words);
    counts[words] = 0;
  }
}

static void insert_all(size_t count, int lanes) {
  static volatile uint64_t sink;
  uint64_t touched = 0;
  hash_all(lanes);
  for (size_t i = 0; i < count; i++) {
    const struct slice *s = slices[i];
    blocks[i] = s->filter + (((digests[i] >> 32) * s->blocks) >> 32) * 64;
  }
  for (size_t i = 0; i < count; i++) touched |= get64(blocks[i]);
  sink = touched;
  (void)sink;
  for (size_t i = 0; i < count; i++) {
    uint64_t d = digests[i], product = d * 0x9e3779b97f4a7c15, bits = product ^ product >> 32;
    for (int k = 0; k < 7; k++, bits >>= 9) {
      uint8_t *word = blocks[i] + (bits >> 6 & 7) * 8;
      put64(word, get64(word) | (uint64_t)1 << (bits & 63));
    }
    *slices[i]->next++ = d;
  }
}

static int to_tunnel(const uint8_t *p) {
  uint16_t from = get16(p), to = get16(p + 2);
  int found = 0;
  for (int i = 0; i < 16; i++) found |= network_ports[i] == from || network_ports[i] == to;
  return found;
}

static inline int is_plain(uint32_t protocol, const uint8_t *upper, uint32_t count) {
  const uint64_t plain = 1ull << 1 | 1ull << 6 | 1ull << 17 | 1ull << 50;
  int tunnel = (protocol == 17) & (count >= 12) & to_tunnel(upper);
  return protocol < 64 && (plain & 1ull << protocol) && !tunnel;
}

static inline void copy_upper(uint8_t *slot, uint32_t before, const uint8_t *upper, uint32_t count) {
  uint32_t length = before + count, last = length & ~7u;
  uint64_t mask = ((uint64_t)1 << (length & 7) * 8) - 1;
  memcpy(slot + before, upper, 40);
  uint64_t word = last < before ? get64(slot + last) : get64(upper + (last - before));
  put64(slot + last, (word & mask) | (uint64_t)length << 56);
}

static inline uint32_t ipv4_input(const uint8_t *at, const uint8_t *limit, uint8_t *slot) {
  if (limit - at < 20) return 0;
  uint32_t header = (at[0] & 15) * 4, total = be16(at + 2);
  if (at[0] >> 4 != 4 || header < 20 || total < header || limit - at < header) return 0;
  uint32_t length = total - header, count = length < 40 ? length : 40, place = be16(at + 6), offset = place & 0x1fff;
  const uint8_t *upper = at + header;
  if (limit - upper < count) return 0;
  if (offset == 0 && !is_plain(at[9], upper, count)) return 0;
  put64(slot, 0x00000401316b7469 | (uint64_t)at[9] << 48);
  put64(slot + 7, get64(at + 12));
  put64(slot + 15, (uint64_t)get16(at + 4) | (uint64_t)(place >> 13 & 1) << 16 |
                       (uint64_t)__builtin_bswap16(offset) << 24 | (uint64_t)__builtin_bswap16(length + 20) << 40 |
                       (uint64_t)count << 56);
  copy_upper(slot, 23, upper, count);
  return 23 + count;
}

static inline uint32_t ipv6_input(const uint8_t *at, const uint8_t *limit, uint8_t *slot) {
  if (limit - at < 40 || at[0] >> 4 != 6) return 0;
  uint32_t length = be16(at + 4), count = length < 40 ? length : 40, protocol = at[6];
  const uint8_t *upper = at + 40;
  if (limit - upper < count) return 0;
  if (protocol == 58) {
    if (count == 0 || (upper[0] >= 133 && upper[0] <= 137)) return 0;
  } else if (protocol == 1 || !is_plain(protocol, upper, count)) return 0;
  put64(slot, 0x00000601316b7469 | (uint64_t)protocol << 48);
  memcpy(slot + 7, at + 8, 32);
  memcpy(slot + 39, at + 4, 2);
  slot[41] = count;
  copy_upper(slot, 42, upper, count);
  return 42 + count;
}

static struct place *place_of(uint64_t a, uint64_t b) {
  uint64_t place = ((a * 0x9e3779b97f4a7c15 ^ b) * 0xd6e8feb86659fd93) >> (64 - CACHE_BITS);
  for (int i = 0; i < 8; i++, place = (place + 1) & ((1 << CACHE_BITS) - 1))
    if (cache[place].vantage == 0 || (cache[place].a == a && cache[place].b == b)) return &cache[place];
  return 0;
}

static int is_tag(uint32_t type) { return type == 0x0081 || type == 0xa888 || type == 0x0091 || type == 0x0092; }

/* Takes the whole frames of one piece; those that are not plain are counted in `listed`. Returns how many octets it took. */
static size_t take_frames(const uint8_t *from, const uint8_t *end, int lanes, uint64_t *listed) {
  const uint8_t *at = from;
  uint32_t second = get32(at), earliest = ~0u, latest = 0;
  for (int whole = 1; whole;) {
    uint32_t count = 0;
    while (count < BATCH) {
      if (end - at < 16) {
        whole = 0;
        break;
      }
      uint32_t captured = get32(at + 8), fraction = get32(at + 4), vlan = 0, length = 0;
      const uint8_t *frame = at + 16, *limit = frame + captured;
      if (captured > LONGEST_FRAME || end - frame < captured || get32(at) != second) {
        whole = 0;
        break;
      }
      uint64_t a = 0, b = 0;
      uint8_t *slot = queue + count * SLOT;
      if (captured >= 34) {
        a = get64(frame) & 0xffffffffffff;
        b = get64(frame + 4) >> 16;
        uint32_t type = get16(frame + 12);
        const uint8_t *ip = frame + 14;
        if (type != 0x0008) {
          for (int tags = 0; tags < 2 && is_tag(type); tags++) {
            if (vlan == 0) vlan = be16(ip) & 0xfff;
            type = get16(ip + 2);
            ip += 4;
          }
          if (type == 0x4788) {
            int bottom = 0;
            for (int labels = 0; labels < 4 && !bottom && limit - ip >= 5; labels++, ip += 4) bottom = ip[2] & 1;
            type = !bottom ? 0 : *ip >> 4 == 4 ? 0x0008 : *ip >> 4 == 6 ? 0xdd86 : 0;
          }
        }
        if (ip < limit) {
          if (type == 0x0008) length = ipv4_input(ip, limit, slot);
          else if (type == 0xdd86) length = ipv6_input(ip, limit, slot);
        }
      }
      struct place *place = length == 0 ? 0 : place_of(a | (uint64_t)vlan << 48, b);
      if (place == 0 || place->vantage == 0) (*listed)++;
      else {
        struct slice *s = &table[place->vantage - 1];
        uint32_t words = (length >> 3) + 1;
        if (s->room == 0) exit(1);
        lists[words][counts[words]++] = count;
        slices[count++] = s;
        s->room--;
        s->packets++;
        if (fraction < earliest) earliest = fraction;
        if (fraction > latest) latest = fraction;
      }
      at = limit;
    }
    insert_all(count, lanes);
  }
  return at - from;
}

static void *room(size_t octets) {
  void *there = mmap(0, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (there == MAP_FAILED) exit(1);
  memset(there, 0, octets);
  return there;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file || fseek(file, 0, SEEK_END)) return 1;
  size_t size = ftell(file) - 24, octets = strtoull(argv[2], 0, 10);
  int lanes = atoi(argv[3]);
  uint8_t *pcap = room(size + 64), *filter = room(octets);
  uint64_t *keys = room(size / 70 * 8);
  fseek(file, 24, SEEK_SET);
  if (fread(pcap, 1, size, file) != size) return 1;
  for (int i = 0; i < 16; i++) network_ports[i] = __builtin_bswap16(ports[i % 10]);
  for (const uint8_t *at = pcap; at < pcap + size; at += 16 + get32(at + 8)) {
    uint64_t a = get64(at + 16) & 0xffffffffffff, b = get64(at + 20) >> 16;
    struct place *place = place_of(a, b);
    if (place) *place = (struct place){a, b, 1, {0}};
  }
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    struct timespec from, to;
    uint64_t listed = 0, sum = 0;
    table[0] = (struct slice){filter, octets / 64, keys, size / 70, 0};
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t at = 0, took = 1; at < size && took > 0; at += took) {
      size_t octets = size - at < PIECE ? size - at : PIECE;
      memcpy(piece, pcap + at, octets);
      took = take_frames(piece, piece + octets, lanes, &listed);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    uint64_t kept = table[0].packets;
    for (uint64_t i = 0; i < kept; i++) sum ^= keys[i];
    printf("%lld %llu %llx\n", (to.tv_sec - from.tv_sec) * 1000000000ll + to.tv_nsec - from.tv_nsec,
           (unsigned long long)kept, (unsigned long long)sum);
    fflush(stdout);
  }
  return 0;
}

/*
 * filters KIND BITS KEYS ROUNDS: the sealing of src/probe/kernel/ribbon.ts in C, and binary fuse filters beside it, for
 * test/bench/filters.ts. KIND is ribbon, fuse3 or fuse4. Prints ns a digest of the best round, octets, chance of a wrong
 * yes over four million digests, and ns to ask for a digest that is not there.
 *
 * What all of them share: SipHash-2-4 of each digest, sorting into buckets, taking out what stands twice.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state = 88172645463325252ull;
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline uint32_t mix(uint32_t h)
{
	h = (h ^ (h >> 16)) * 0x85ebca6bu;
	h = (h ^ (h >> 13)) * 0xc2b2ae35u;
	return h ^ (h >> 16);
}

static inline uint32_t shard_hash(uint64_t key)
{
	return (uint32_t)(key >> 32) ^ mix((uint32_t)key);
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
static inline uint64_t siphash(uint64_t k0, uint64_t k1, uint64_t m)
{
	uint64_t v0 = k0 ^ 0x736f6d6570736575ull, v1 = k1 ^ 0x646f72616e646f6dull;
	uint64_t v2 = k0 ^ 0x6c7967656e657261ull, v3 = k1 ^ 0x7465646279746573ull;
	const uint64_t words[4] = { m, 8ull << 56, 0, 0 };
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			v2 ^= 0xff;
		v3 ^= words[i];
		for (int r = 0; r < 2; r++) {
			v0 += v1, v1 = ROTL(v1, 13), v1 ^= v0, v0 = ROTL(v0, 32);
			v2 += v3, v3 = ROTL(v3, 16), v3 ^= v2;
			v0 += v3, v3 = ROTL(v3, 21), v3 ^= v0;
			v2 += v1, v1 = ROTL(v1, 17), v1 ^= v2, v2 = ROTL(v2, 32);
		}
		v0 ^= words[i];
	}
	return v0 ^ v1 ^ v2 ^ v3;
}

static uint64_t *keys, *sorted;
static uint32_t *table;
static uint32_t buckets[16384], places[16384];
static uint32_t bucket_bits, kept;

/* Digests of `given` mixed, in buckets, each once, in `sorted`. */
static void prepare(const uint64_t *given, uint32_t n)
{
	bucket_bits = 1;
	while (bucket_bits < 14 && n > (1024u << bucket_bits))
		bucket_bits++;
	uint32_t shift = 32 - bucket_bits, count = 1u << bucket_bits, place = 0;
	memset(buckets, 0, sizeof buckets);
	for (uint32_t i = 0; i < n; i++) {
		keys[i] = siphash(7, 9, given[i]);
		buckets[shard_hash(keys[i]) >> shift]++;
	}
	for (uint32_t b = 0; b < count; b++)
		places[b] = place, place += buckets[b];
	for (uint32_t i = 0; i < n; i++)
		sorted[places[shard_hash(keys[i]) >> shift]++] = keys[i];
	uint32_t from = 0, to = 0, mask = 4095;
	for (uint32_t b = 0; b < count; b++) {
		uint32_t there = buckets[b], own = 0;
		memset(table, 0, 4 * (mask + 1));
		for (uint32_t i = 0; i < there; i++) {
			uint64_t key = sorted[from + i];
			uint32_t slot = mix((uint32_t)key * 0x9e3779b1u + (uint32_t)(key >> 32)) & mask;
			while (table[slot] && sorted[to + table[slot] - 1] != key)
				slot = (slot + 1) & mask;
			if (!table[slot])
				sorted[to + own] = key, table[slot] = ++own;
		}
		from += there, to += own, buckets[b] = own;
	}
	kept = to;
}

/* Ribbon: shards of 4096 to 8192 digests, blocks of 32 rows, column by column. */
static uint64_t *coefficients;
static uint32_t *sides, *rows;
static uint32_t first[16384], blocks_of[16384], seed_of[16384];
static uint32_t shard_bits, width, used;

static int solve(const uint64_t *k, uint32_t n, uint32_t seed, uint32_t blocks)
{
	uint32_t count = blocks * 32, starts = count > 64 ? count - 63 : 1;
	memset(coefficients, 0, 8ull * count);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t y = shard_hash(k[i]);
		uint32_t a = mix(((uint32_t)k[i] ^ seed * 0x9e3779b9u) + y * 0x9e3779b1u);
		uint64_t c = mix(a ^ y) | 1u;
		if (blocks > 1)
			c |= (uint64_t)mix(a * 0x85ebca6bu + y) << 32;
		uint32_t side = mix(a + y * 0xc2b2ae35u) >> (32 - width);
		uint32_t row = ((uint64_t)a * starts) >> 32;
		for (;;) {
			if (!coefficients[row]) {
				coefficients[row] = c, sides[row] = side;
				break;
			}
			c ^= coefficients[row], side ^= sides[row];
			if (!c) {
				if (side)
					return 0;
				break;
			}
			int by = __builtin_ctzll(c);
			c >>= by, row += by;
		}
	}
	return 1;
}

static void substitute(uint32_t blocks, uint32_t *output)
{
	for (uint32_t column = 0; column < width; column++) {
		uint64_t reach = 0;
		for (int32_t block = blocks - 1; block >= 0; block--) {
			for (int i = 31; i >= 0; i--) {
				uint32_t row = block * 32 + i;
				reach <<= 1;
				if (coefficients[row])
					reach |= (__builtin_popcountll(reach & coefficients[row]) ^ (sides[row] >> column)) & 1;
			}
			output[block * width + column] = reach;
		}
	}
}

static void build_ribbon(void)
{
	shard_bits = 0;
	while (shard_bits < 14 && kept > (8192u << shard_bits))
		shard_bits++;
	uint32_t per = 1u << (bucket_bits - shard_bits), from = 0;
	used = 0;
	for (uint32_t shard = 0; shard < 1u << shard_bits; shard++) {
		uint32_t n = 0;
		for (uint32_t b = 0; b < per; b++)
			n += buckets[shard * per + b];
		for (uint32_t seed = 0;; seed++) {
			uint32_t base = ceil((n * 1.03 + 6) / 32), blocks = base + (seed >> 1) * ((base + 199) / 200);
			if (!solve(sorted + from, n, seed, blocks))
				continue;
			first[shard] = used, blocks_of[shard] = blocks, seed_of[shard] = seed;
			substitute(blocks, rows + used);
			used += blocks * width;
			break;
		}
		from += n;
	}
}

static int ask_ribbon(uint64_t key)
{
	uint32_t y = shard_hash(key), shard = shard_bits ? y >> (32 - shard_bits) : 0, blocks = blocks_of[shard];
	uint32_t a = mix(((uint32_t)key ^ seed_of[shard] * 0x9e3779b9u) + y * 0x9e3779b1u);
	uint64_t c = mix(a ^ y) | 1u;
	uint32_t hidden = mix(a + y * 0xc2b2ae35u) >> (32 - width), row = 0;
	if (blocks > 1) {
		c |= (uint64_t)mix(a * 0x85ebca6bu + y) << 32;
		row = ((uint64_t)a * (blocks * 32 - 63)) >> 32;
	}
	const uint32_t *at = rows + first[shard] + (row >> 5) * width;
	unsigned __int128 wide = (unsigned __int128)c << (row & 31);
	uint32_t c0 = wide, c1 = wide >> 32, c2 = wide >> 64;
	uint32_t second = blocks > 1 ? width : 0, third = row & 31 ? 2 * width : 0;
	for (int column = width - 1; column >= 0; column--) {
		uint32_t bits = (at[column] & c0) ^ (at[column + second] & c1) ^ (at[column + third] & c2);
		if ((__builtin_popcount(bits) ^ (hidden >> column)) & 1)
			return 0;
	}
	return 1;
}

/* Binary fuse filters (Graf and Lemire 2022), digests in the order of their first places. */
static int arity;
static uint32_t segment, first_places, fuse_seed, fuse_places;
static uint8_t *degree, *which;
static uint64_t *member, *order;
static uint32_t *alone;
static uint16_t *prints;

static inline void locate(uint64_t key, uint32_t place[4], uint32_t *print)
{
	uint32_t y = shard_hash(key), mask = segment - 1;
	uint32_t a = mix(((uint32_t)key ^ fuse_seed * 0x9e3779b9u) + y * 0x9e3779b1u), b = mix(a ^ y);
	uint32_t p = ((uint64_t)y * first_places) >> 32;
	place[0] = p;
	place[1] = (p + segment) ^ (a & mask);
	place[2] = (p + 2 * segment) ^ ((a >> 16) & mask);
	place[3] = (p + 3 * segment) ^ (b & mask);
	*print = mix(a + y * 0xc2b2ae35u) >> (32 - width);
}

static void build_fuse(void)
{
	double n = kept < 2 ? 2 : kept, size;
	uint32_t bits = arity == 3 ? floor(log(n) / log(3.33) + 2.25) : floor(log(n) / log(2.91) - 0.5);
	size = arity == 3 ? fmax(1.125, 0.875 + 0.25 * log(1e6) / log(n)) : fmax(1.075, 0.77 + 0.305 * log(6e5) / log(n));
	segment = 1u << (bits > 16 ? 16 : (int32_t)bits < 2 ? 2 : bits);
	int32_t segments = ceil(n * size / segment) - (arity - 1);
	first_places = (segments < 1 ? 1 : segments) * segment;
	fuse_places = first_places + (arity - 1) * segment;
	for (fuse_seed = 0;; fuse_seed++) {
		uint32_t place[4], print, waiting = 0, peeled = 0;
		memset(degree, 0, fuse_places);
		memset(member, 0, 8ull * fuse_places);
		for (uint32_t i = 0; i < kept; i++) {
			locate(sorted[i], place, &print);
			for (int j = 0; j < arity; j++)
				degree[place[j]]++, member[place[j]] ^= sorted[i];
		}
		for (uint32_t p = 0; p < fuse_places; p++)
			if (degree[p] == 1)
				alone[waiting++] = p;
		while (waiting) {
			uint32_t p = alone[--waiting];
			if (degree[p] != 1)
				continue;
			uint64_t key = member[p];
			locate(key, place, &print);
			order[peeled] = key;
			for (int j = 0; j < arity; j++) {
				if (place[j] == p)
					which[peeled] = j;
				member[place[j]] ^= key;
				if (--degree[place[j]] == 1)
					alone[waiting++] = place[j];
			}
			peeled++;
		}
		if (peeled == kept)
			break;
	}
	memset(prints, 0, 2ull * fuse_places);
	for (uint32_t k = kept; k-- > 0;) {
		uint32_t place[4], print;
		locate(order[k], place, &print);
		for (int j = 0; j < arity; j++)
			print ^= prints[place[j]];
		prints[place[which[k]]] = print;
	}
}

static int ask_fuse(uint64_t key)
{
	uint32_t place[4], print;
	locate(key, place, &print);
	for (int j = 0; j < arity; j++)
		print ^= prints[place[j]];
	return !print;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	uint32_t n = atoi(argv[3]), rounds = atoi(argv[4]), wrong = 0, lost = 0;
	int ribbon = !strcmp(argv[1], "ribbon");
	arity = argv[1][4] == '4' ? 4 : 3, width = atoi(argv[2]);
	uint64_t *given = malloc(8ull * n), room = 2ull * n + 65536;
	keys = malloc(8 * room), sorted = malloc(8 * room), table = malloc(4 * 4096);
	coefficients = malloc(8 * 65536), sides = malloc(4 * 65536), rows = malloc(4 * room);
	degree = malloc(room), which = malloc(room), member = malloc(8 * room), order = malloc(8 * room);
	alone = malloc(16 * room), prints = malloc(2 * room);
	for (uint32_t i = 0; i < n; i++)
		given[i] = next();
	double best = 1e30;
	for (uint32_t round = 0; round < rounds; round++) {
		double began = now();
		prepare(given, n);
		if (ribbon)
			build_ribbon();
		else
			build_fuse();
		if (now() - began < best)
			best = now() - began;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t key = siphash(7, 9, given[i]);
		lost += !(ribbon ? ask_ribbon(key) : ask_fuse(key));
	}
	if (lost)
		return 1;
	double began = now();
	for (uint32_t i = 0; i < 4000000; i++)
		wrong += ribbon ? ask_ribbon(next()) : ask_fuse(next());
	double asked = (now() - began) / 4e6;
	double octets = ribbon ? 4.0 * used + (8ull << shard_bits) : fuse_places * (width / 8.0);
	printf("{\"ns\":%.2f,\"octets\":%.0f,\"wrong\":%.3g,\"ask\":%.1f}\n", best / n, octets, wrong / 4e6, asked);
	return 0;
}

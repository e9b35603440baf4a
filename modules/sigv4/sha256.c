/* SPDX-License-Identifier: MIT */
#include "sigv4/sha256.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "core/cpu.h"

const struct hl_sha256 hl_sha256_start = {
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};

const uint32_t hl_sha256_rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

static uint32_t read_word(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return be32toh(word);
}

static void expand(const uint8_t *block, uint32_t w[64]) {
  for (int i = 0; i < 16; i++) w[i] = read_word(block + 4 * i);
  for (int i = 16; i < 64; i++) {
    uint32_t near = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    uint32_t far = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    w[i] = w[i - 16] + far + w[i - 7] + near;
  }
}

static void compress(struct hl_sha256 *state, const uint8_t *block) {
  uint32_t w[64];
  expand(block, w);
  uint32_t a = state->words[0], b = state->words[1], c = state->words[2], d = state->words[3];
  uint32_t e = state->words[4], f = state->words[5], g = state->words[6], h = state->words[7];
  for (int i = 0; i < 64; i++) {
    uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
    uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + hl_sha256_rounds[i] + w[i];
    uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  const uint32_t added[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; i++) state->words[i] += added[i];
}

void hl_sha256_blocks_portable(struct hl_sha256 *state, const uint8_t *data, size_t blocks) {
  for (; blocks; blocks--, data += HL_SHA256_BLOCK) compress(state, data);
}

/* Leaf 7, EBX bit 29. hl_cpu() above portable says that there are SSE4.1 and vzeroupper too. */
static bool has_sha(void) {
#if defined(__x86_64__)
  unsigned a, b = 0, c, d;
  return hl_cpu() != HL_CPU_PORTABLE && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
#else
  return false;
#endif
}

void hl_sha256_blocks(struct hl_sha256 *state, const uint8_t *data, size_t blocks) {
  static atomic_int known = -1; /* asking the processor costs more than a signature */
  int sha = atomic_load_explicit(&known, memory_order_relaxed);
  if (sha < 0) atomic_store_explicit(&known, sha = has_sha(), memory_order_relaxed);
  (sha ? hl_sha256_blocks_shani : hl_sha256_blocks_portable)(state, data, blocks);
}

void hl_sha256_finish(struct hl_sha256 state, uint64_t before, const void *data, size_t size, uint8_t digest[HL_SHA256_SIZE]) {
  size_t whole = size / HL_SHA256_BLOCK, rest = size % HL_SHA256_BLOCK;
  uint8_t last[2 * HL_SHA256_BLOCK] = {0};
  size_t blocks = rest + 9 > HL_SHA256_BLOCK ? 2 : 1;
  uint64_t bits = htobe64((before + size) * 8);
  if (rest) memcpy(last, (const uint8_t *)data + size - rest, rest);
  last[rest] = 0x80;
  memcpy(last + blocks * HL_SHA256_BLOCK - sizeof bits, &bits, sizeof bits);
  if (whole) hl_sha256_blocks(&state, data, whole);
  hl_sha256_blocks(&state, last, blocks);
  for (int i = 0; i < 8; i++) state.words[i] = htobe32(state.words[i]);
  memcpy(digest, state.words, HL_SHA256_SIZE);
}

void hl_sha256(const void *data, size_t size, uint8_t digest[HL_SHA256_SIZE]) {
  hl_sha256_finish(hl_sha256_start, 0, data, size, digest);
}

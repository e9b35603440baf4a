/* SPDX-License-Identifier: MIT
 *
 * The inner loops of the certified search (certified.h) on rows of int8, a file for each instruction set. Products are exact, and
 * so the same in all of them. Lengths are multiples of HL_INT8_ALIGN. Any thread.
 */
#ifndef HILUM_VEC_SCAN_INT8_H
#define HILUM_VEC_SCAN_INT8_H

#include <stddef.h>
#include <stdint.h>

enum {
  HL_INT8_ALIGN = 64, /* rows and queries are padded with zeros to this many numbers */
  HL_INT8_ROWS = 32,  /* rows that are multiplied together */
  HL_INT8_PANEL = 16, /* queries that lie side by side in a panel */
  HL_INT8_STREAMS = 4
};

/* A query as two digits: 2^shift high + low. The sums of products with a row of -127..127 fit 32 bits. */
struct hl_digits {
  const int8_t *high, *low;
  unsigned shift;
};

/* What decides whether a row can be among the best for a query, for one side of it: {scale, residual, length, base} of a row,
 * {scale, of the residual, of the length, cut} of a query (certificate.h). */
enum { HL_TERMS = 4 };

struct hl_int8_kernels {
  /* out[i] = rows[i] . query, for four rows; meanwhile next[i] is fetched, a row that is read soon. */
  void (*dot_streams)(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],
                      const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]);

  /* out[r][q] = rows[r] . query q, for HL_INT8_ROWS rows that lie one after another and the queries of count panels. Number i of
   * query q of a panel is panel[i / 4 * 64 + q * 4 + i % 4]; panels lie one after another too. */
  void (*multiply)(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out);

  /* Finds the i below n with not dots[i] * many[0][i] * one[0] + many[1][i] * one[1] + many[2][i] * one[2] + many[3][i] + one[3]
   * < 0, rounded after each step or after fewer, and stores them; returns how many. NaN counts as found. n is a multiple of 16.
   */
  size_t (*reach)(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n, uint32_t *found);
};

/* The loops for this machine. */
const struct hl_int8_kernels *hl_int8_kernels(void);

#define HL_INT8_DECLARE(set)                                                                                                     \
  void hl_int8_dot_streams_##set(const int8_t *const rows[HL_INT8_STREAMS], const int8_t *const next[HL_INT8_STREAMS],           \
                                 const struct hl_digits *query, size_t n, int32_t out[HL_INT8_STREAMS]);                         \
  void hl_int8_multiply_##set(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out);                   \
  size_t hl_int8_reach_##set(const int32_t *dots, const float *const many[HL_TERMS], const float one[HL_TERMS], size_t n,        \
                             uint32_t *found)

HL_INT8_DECLARE(portable);
HL_INT8_DECLARE(neon);
HL_INT8_DECLARE(avx2);
HL_INT8_DECLARE(avxvnni);
HL_INT8_DECLARE(avx512);
HL_INT8_DECLARE(amx);

#endif

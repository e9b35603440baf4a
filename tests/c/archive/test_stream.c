/* SPDX-License-Identifier: MIT
 *
 * The stream, fed in pieces of every size, cut off at every byte and with every bit turned over.
 */
#include "archive/stream.h"

#include <isa-l/igzip_lib.h>

#include "../check.h"

enum { PLAIN = 3000, ROOM = 1 << 16, LARGE = 3 << 20 };

/* A source that gives a few bytes at a time. */
struct drip {
  struct hl_source source;
  const uint8_t *at;
  size_t left, piece;
};

static bool read_drip(struct hl_source *source, void *data, size_t size, size_t *got, struct hl_error *err) {
  struct drip *drip = (struct drip *)source;
  (void)err;
  *got = drip->left < drip->piece ? drip->left : drip->piece;
  if (*got > size) *got = size;
  memcpy(data, drip->at, *got);
  drip->at += *got;
  drip->left -= *got;
  return true;
}

static struct drip drip_of(const uint8_t *bytes, size_t size, size_t piece) {
  return (struct drip){{.name = "drip", .read = read_drip}, bytes, size, piece};
}

/* Reads all into out; false: err. */
static bool read_all(const uint8_t *bytes, size_t size, size_t piece, uint8_t *out, size_t room, size_t *total,
                     struct hl_error *err) {
  struct drip drip = drip_of(bytes, size, piece);
  struct hl_stream stream;
  const void *block;
  size_t got = 1;
  bool is_read = hl_stream_open(&stream, "test", &drip.source, NULL, err);
  *total = 0;
  while (is_read && got > 0) {
    is_read = hl_stream_next(&stream, &block, &got, err);
    if (!is_read || got > room - *total) break;
    if (got) memcpy(out + *total, block, got);
    *total += got;
  }
  CHECK(!is_read || (size_t)atomic_load(&stream.position) == size);
  hl_stream_close(&stream);
  return is_read;
}

/* A gzip member appended to out at *used. */
static void add_gzip(const uint8_t *bytes, size_t size, uint8_t *out, size_t room, size_t *used) {
  struct isal_zstream *deflate = malloc(sizeof *deflate);
  isal_deflate_init(deflate);
  deflate->gzip_flag = IGZIP_GZIP;
  deflate->end_of_stream = 1;
  deflate->next_in = (uint8_t *)(uintptr_t)bytes;
  deflate->avail_in = (uint32_t)size;
  deflate->next_out = out + *used;
  deflate->avail_out = (uint32_t)(room - *used);
  CHECK_EQ_INT(isal_deflate(deflate), COMP_OK);
  *used = room - deflate->avail_out;
  free(deflate);
}

/* Text at first, noise later. */
static void fill(uint8_t *bytes, size_t size) {
  uint64_t state = 1;
  for (size_t i = 0; i < size; i++) {
    state = state * UINT64_C(6364136223846793005) + 1;
    bytes[i] = i < size / 2 ? (uint8_t)("radiograph "[i % 11]) : (uint8_t)(state >> 56);
  }
}

static uint8_t plain[PLAIN], packed[ROOM], out[ROOM];
static size_t packed_size;

static void make_data(void) {
  fill(plain, PLAIN);
  add_gzip(plain, 1000, packed, ROOM, &packed_size);
  add_gzip(plain, 0, packed, ROOM, &packed_size);
  add_gzip(plain + 1000, PLAIN - 1000, packed, ROOM, &packed_size);
}

static void test_pieces(void) {
  struct hl_error err;
  size_t total;
  for (size_t piece = 1; piece <= packed_size; piece = piece < 30 ? piece + 1 : piece * 2) {
    CHECK(read_all(packed, packed_size, piece, out, ROOM, &total, &err));
    CHECK(total == PLAIN && memcmp(out, plain, PLAIN) == 0);
    CHECK(read_all(plain, PLAIN, piece, out, ROOM, &total, &err));
    CHECK(total == PLAIN && memcmp(out, plain, PLAIN) == 0);
  }
}

/* Whole members are not "cut off", and of two bytes or fewer nobody can say that they are gzip. */
static void test_cuts(void) {
  struct hl_error err;
  size_t total, sound = 0;
  for (size_t size = 2; size < packed_size; size++) {
    if (read_all(packed, size, 64, out, ROOM, &total, &err))
      sound++;
    else
      CHECK_EQ_STR(err.code, "truncated");
    CHECK(total <= PLAIN && memcmp(out, plain, total) == 0);
  }
  CHECK_EQ_INT(sound, 2);
}

/* Whatever is damaged: an error, or (where the header says what does not matter) the same bytes. */
static void test_damage(void) {
  uint8_t *damaged = malloc(packed_size);
  size_t total, harmless = 0;
  struct hl_error err;
  for (size_t bit = 0; bit < packed_size * 8; bit++) {
    memcpy(damaged, packed, packed_size);
    damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
    if (bit < 16) continue; /* not gzip any more */
    if (!read_all(guard_copy(damaged, packed_size), packed_size, ROOM, out, ROOM, &total, &err)) continue;
    CHECK(total == PLAIN && memcmp(out, plain, PLAIN) == 0);
    harmless++;
  }
  CHECK(harmless < (size_t)3 * 10 * 8);
  free(damaged);
}

/* Larger than the buffers, so that history and blocks go over their ends. */
static void test_large(void) {
  uint8_t *bytes = malloc(LARGE), *gzip = malloc(LARGE * 2), *got = malloc(LARGE);
  size_t size = 0, total;
  struct hl_error err;
  fill(bytes, LARGE);
  add_gzip(bytes, LARGE, gzip, LARGE * 2, &size);
  CHECK(read_all(gzip, size, 99991, got, LARGE, &total, &err));
  CHECK(total == LARGE && memcmp(got, bytes, LARGE) == 0);
  free(bytes);
  free(gzip);
  free(got);
}

static void test_stop(void) {
  struct drip drip = drip_of(packed, packed_size, 10);
  struct hl_stream stream;
  struct hl_error err;
  const void *block;
  size_t got;
  CHECK(hl_stream_open(&stream, "test", &drip.source, NULL, &err));
  atomic_store(&stream.stopping, true);
  CHECK(!hl_stream_next(&stream, &block, &got, &err));
  CHECK_EQ_INT(err.kind, HL_CANCELLED);
  hl_stream_close(&stream);
}

int main(void) {
  make_data();
  test_pieces();
  test_cuts();
  test_damage();
  test_large();
  test_stop();
  return check_report();
}

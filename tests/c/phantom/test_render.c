/* SPDX-License-Identifier: MIT
 *
 * Pictures equal the reference's to 1 gray value at 1,024 sampled pixels each, all findings among them
 * (tests/vectors/phantom/renders.txt).
 */
#include "../check.h"
#include "phantom/phantom.h"

enum { SAMPLES = 1024, SCATTER = 40503, LARGEST = 512 };

static uint8_t pixels[LARGEST * LARGEST];

static int count_close(size_t size, const char *hex) {
  int close = 0;
  for (size_t k = 0; k < SAMPLES; k++) {
    unsigned wanted = 0;
    sscanf(hex + 2 * k, "%2x", &wanted);
    close += abs((int)wanted - pixels[k * SCATTER % (size * size)]) <= 1;
  }
  return close;
}

static void pictures_equal_the_reference(void) {
  FILE *file = fopen(HILUM_VECTORS "/phantom/renders.txt", "r");
  long long seed, patient;
  int followup, pictures = 0;
  unsigned findings, shown = 0;
  size_t size;
  char view[3], hex[2 * SAMPLES + 1];
  CHECK(file != NULL);
  if (!file) return;
  CHECK(fscanf(file, "%*[^\n]\n%*[^\n]") == 0);
  for (; fscanf(file, "%lld %lld %d %zu %2s %x %2048s", &seed, &patient, &followup, &size, view, &findings, hex) == 7;
       pictures++) {
    bool ap = false;
    struct hl_error err;
    CHECK(size <= LARGEST && strlen(hex) == 2 * SAMPLES);
    CHECK(hl_phantom_render(patient, followup, findings, size, seed, pixels, &ap, &err));
    CHECK_EQ_STR(ap ? "AP" : "PA", view);
    CHECK_EQ_INT(hl_phantom_info(patient, followup, seed).ap, ap);
    CHECK(count_close(size, hex) >= SAMPLES - 1);
    shown |= findings;
  }
  CHECK_EQ_INT(shown, (1u << HL_FINDINGS) - 1);
  CHECK_EQ_INT(pictures, 17);
  fclose(file);
}

/* Every structure at once, into memory that ends where the picture does. */
static void every_size_stays_inside(void) {
  static const size_t sizes[] = {64, 72, 200, 264};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    size_t bytes = sizes[i] * sizes[i];
    uint8_t *out = guard_copy(pixels, bytes);
    bool ap;
    CHECK(hl_phantom_render(7, 2, (1u << HL_FINDINGS) - 1, sizes[i], -3, out, &ap, NULL));
  }
}

static void a_picture_repeats(void) {
  static uint8_t again[64 * 64];
  bool ap;
  CHECK(hl_phantom_render(5, 1, 0x1f, 64, 9, pixels, &ap, NULL));
  CHECK(hl_phantom_render(5, 1, 0x1f, 64, 9, again, &ap, NULL));
  CHECK(memcmp(pixels, again, sizeof again) == 0);
  CHECK(hl_phantom_render(5, 1, 0x1f, 64, 10, again, &ap, NULL));
  CHECK(memcmp(pixels, again, sizeof again) != 0);
}

static void odd_sizes_are_refused(void) {
  static const size_t sizes[] = {0, 8, 56, 100, 257, 2056, 1 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct hl_error err;
    bool ap;
    CHECK(!hl_phantom_render(1, 0, 0, sizes[i], 1, pixels, &ap, &err));
    CHECK_EQ_INT(err.kind, HL_USAGE);
  }
}

int main(void) {
  pictures_equal_the_reference();
  every_size_stays_inside();
  a_picture_repeats();
  odd_sizes_are_refused();
  return check_report();
}

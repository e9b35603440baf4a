/* SPDX-License-Identifier: MIT */
#include "image/inflate.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "image/report.h"

/* RFC 1950, 2.2: method 8, window up to 32 KiB, no preset dictionary, the two bytes a multiple of 31. */
static bool is_zlib_header(const uint8_t *bytes) {
  return (bytes[0] & 15) == 8 && bytes[0] >> 4 <= 7 && !(bytes[1] & 32) && (bytes[0] * 256 + bytes[1]) % 31 == 0;
}

bool hl_inflate_begin(struct hl_scratch *scratch, const uint8_t *stream, size_t size, struct hl_error *err) {
  if (!scratch->inflate) scratch->inflate = malloc(sizeof *scratch->inflate);
  if (!scratch->inflate) return hl_no_memory(err);
  if (size < 2) return hl_defect(err, "short-data", "there is no image data");
  if (!is_zlib_header(stream))
    return hl_defect(err, "deflate", "the image data begin with %02x%02x, which is no zlib header", stream[0], stream[1]);
  isal_inflate_init(scratch->inflate);
  scratch->inflate->crc_flag = ISAL_ZLIB_NO_HDR_VER;
  scratch->inflate->next_in = (uint8_t *)(uintptr_t)(stream + 2);
  scratch->inflate->avail_in = (uint32_t)(size - 2);
  return true;
}

static const char *describe_failure(int status) {
  switch (status) {
  case ISAL_INVALID_BLOCK: return "a block of unknown type or with a bad length or Huffman table";
  case ISAL_INVALID_SYMBOL: return "a code that stands for no symbol";
  case ISAL_INVALID_LOOKBACK: return "a match that points before the first byte";
  default: return "an error";
  }
}

bool hl_inflate_next(struct hl_scratch *scratch, uint8_t *out, size_t room, size_t *got, struct hl_error *err) {
  struct inflate_state *state = scratch->inflate;
  state->next_out = out;
  state->avail_out = (uint32_t)room;
  int status = isal_inflate(state);
  *got = room - state->avail_out;
  if (status == ISAL_DECOMP_OK || status == ISAL_END_INPUT || status == ISAL_OUT_OVERFLOW) return true;
  if (status == ISAL_INCORRECT_CHECKSUM)
    return hl_defect(err, "adler", "the inflated image data have another Adler-32 than the stream says");
  return hl_defect(err, "deflate", "the compressed image data are damaged: %s", describe_failure(status));
}

bool hl_inflate_ended(const struct hl_scratch *scratch, size_t *rest) {
  const struct inflate_state *state = scratch->inflate;
  *rest = state->avail_in + (size_t)state->read_in_length / 8;
  return state->block_state == ISAL_BLOCK_FINISH;
}

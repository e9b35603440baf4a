/* SPDX-License-Identifier: MIT
 *
 * The container: signature, chunks, CRC-32, the order of chunks, and what IHDR says of rows and passes.
 */
#include <isa-l/crc.h>
#include <stdio.h>
#include <string.h>

#include "image/decode.h"
#include "image/inflate.h"
#include "image/png.h"

#define TAG(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum {
  IHDR = TAG('I', 'H', 'D', 'R'),
  PLTE = TAG('P', 'L', 'T', 'E'),
  TRNS = TAG('t', 'R', 'N', 'S'),
  IDAT = TAG('I', 'D', 'A', 'T'),
  IEND = TAG('I', 'E', 'N', 'D'),
  TEXT = TAG('t', 'E', 'X', 't'),
  ZTXT = TAG('z', 'T', 'X', 't'),
  ITXT = TAG('i', 'T', 'X', 't'),
  EXIF = TAG('e', 'X', 'I', 'f'),
  SIGNATURE_SIZE = 8,
  FRAME_SIZE = 12, /* length, type and CRC around the data of a chunk */
  ANCILLARY = 1 << 29
};

struct chunk {
  uint32_t type;
  const uint8_t *data;
  size_t length;
};

struct walk {
  const uint8_t *bytes;
  size_t size, at; /* offset of the next chunk */
  struct hl_png *png;
  struct hl_scratch *scratch;
  uint32_t previous; /* type of the chunk before */
};

static uint32_t read_u32(const uint8_t *p) { return TAG(p[0], p[1], p[2], p[3]); }

static bool is_chunk_name(const uint8_t *name) {
  for (int i = 0; i < 4; i++)
    if ((name[i] | 32) < 'a' || (name[i] | 32) > 'z') return false;
  return true;
}

/* "IDAT 17", "tEXt": how messages call a chunk. The number is only known for IDAT, where it is needed. */
struct chunk_label {
  char text[24];
};

static struct chunk_label label_chunk(const struct walk *walk, const uint8_t *name) {
  struct chunk_label label;
  if (read_u32(name) == IDAT)
    snprintf(label.text, sizeof label.text, "IDAT %zu", walk->png->data_chunks + 1);
  else
    snprintf(label.text, sizeof label.text, "%.4s", (const char *)name);
  return label;
}

static bool check_crc(const struct walk *walk, const uint8_t *name, size_t length, struct hl_error *err) {
  uint32_t stored = read_u32(name + 4 + length), computed = crc32_gzip_refl(0, name, length + 4);
  if (stored == computed) return true;
  return hl_defect(err, "crc", "%s has CRC %08x, should be %08x", label_chunk(walk, name).text, stored, computed);
}

/* The chunk at walk->at, of which at least one byte is there. */
static bool read_chunk(struct walk *walk, struct chunk *chunk, struct hl_error *err) {
  const uint8_t *frame = walk->bytes + walk->at;
  size_t left = walk->size - walk->at;
  if (left < FRAME_SIZE)
    return hl_defect(err, "truncated", "the file ends after %zu bytes, within the frame of a chunk", walk->size);
  if (!is_chunk_name(frame + 4))
    return hl_defect(err, "chunk", "there is no chunk at offset %zu, where one should begin", walk->at);
  size_t length = read_u32(frame);
  if (length > left - FRAME_SIZE)
    return hl_defect(err, "truncated", "the file ends after %zu bytes, in %s: %zu bytes are missing", walk->size,
                     label_chunk(walk, frame + 4).text, length - (left - FRAME_SIZE));
  if (!check_crc(walk, frame + 4, length, err)) return false;
  *chunk = (struct chunk){read_u32(frame + 4), frame + 8, length};
  walk->at += length + FRAME_SIZE;
  return true;
}

static bool is_allowed_depth(unsigned depth, unsigned color) {
  switch (color) {
  case HL_PNG_GRAY: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  case HL_PNG_PALETTE: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
  case HL_PNG_RGB:
  case HL_PNG_GRAY_ALPHA:
  case HL_PNG_RGBA: return depth == 8 || depth == 16;
  default: return false;
  }
}

static bool take_header(struct hl_png *png, const struct chunk *chunk, struct hl_error *err) {
  const uint8_t *p = chunk->data;
  if (chunk->length != 13) return hl_defect(err, "header", "IHDR has %zu bytes, should have 13", chunk->length);
  struct hl_png_header header = {read_u32(p), read_u32(p + 4), p[8], p[9], p[12]};
  if (header.width - 1 > INT32_MAX - 1u || header.height - 1 > INT32_MAX - 1u)
    return hl_defect(err, "header", "IHDR says %u x %u pixels", header.width, header.height);
  if (!is_allowed_depth(header.depth, header.color))
    return hl_defect(err, "header", "IHDR says %u bits of colour type %u, which do not exist together", header.depth,
                     header.color);
  if (p[10] != 0 || p[11] != 0 || header.interlace > 1)
    return hl_defect(err, "header", "IHDR says compression %u, filter %u, interlace %u, which do not exist", p[10], p[11],
                     header.interlace);
  png->header = header;
  return true;
}

static bool take_palette(struct hl_png *png, const struct chunk *chunk, struct hl_error *err) {
  size_t most = png->header.color == HL_PNG_PALETTE ? (size_t)1 << png->header.depth : 256;
  if (png->palette) return hl_defect(err, "chunk", "there are two PLTE");
  if (png->data_chunks) return hl_defect(err, "chunk", "PLTE comes after IDAT");
  if (chunk->length == 0 || chunk->length % 3 != 0 || chunk->length / 3 > most)
    return hl_defect(err, "chunk", "PLTE has %zu bytes, should have 3 for each of up to %zu colours", chunk->length, most);
  png->palette = chunk->data;
  png->palette_entries = chunk->length / 3;
  return true;
}

static bool take_transparency(struct hl_png *png, const struct chunk *chunk, struct hl_error *err) {
  unsigned color = png->header.color;
  if (png->transparency || png->data_chunks || (color == HL_PNG_PALETTE && !png->palette))
    return hl_defect(err, "chunk", "tRNS is at a place where it may not be");
  bool fits = color == HL_PNG_GRAY      ? chunk->length == 2
              : color == HL_PNG_RGB     ? chunk->length == 6
              : color == HL_PNG_PALETTE ? chunk->length > 0 && chunk->length <= png->palette_entries
                                        : false;
  if (!fits) return hl_defect(err, "chunk", "tRNS has %zu bytes, which does not fit colour type %u", chunk->length, color);
  png->transparency = chunk->data;
  png->transparency_size = chunk->length;
  return true;
}

/* The first IDAT is used where it is; from the second on they are copied together, which costs less than inflating piecewise. */
static bool take_data(struct walk *walk, const struct chunk *chunk, struct hl_error *err) {
  struct hl_png *png = walk->png;
  if (png->data_chunks && walk->previous != IDAT)
    return hl_defect(err, "chunk", "another chunk is between IDAT %zu and the next", png->data_chunks);
  if (png->header.color == HL_PNG_PALETTE && !png->palette)
    return hl_defect(err, "chunk", "PLTE is missing, which colour type 3 needs");
  if (++png->data_chunks == 1) {
    png->stream = chunk->data;
    png->stream_size = chunk->length;
    return true;
  }
  if (!walk->scratch) {
    png->stream_size += chunk->length;
    return true;
  }
  struct hl_room *joined = &walk->scratch->stream;
  if (png->data_chunks == 2) {
    if (!hl_room_reserve(joined, walk->size)) return hl_no_memory(err);
    memcpy(joined->data, png->stream, png->stream_size);
    png->stream = joined->data;
  }
  memcpy(joined->data + png->stream_size, chunk->data, chunk->length);
  png->stream_size += chunk->length;
  return true;
}

static bool take_end(struct walk *walk, const struct chunk *chunk, struct hl_error *err) {
  if (chunk->length) return hl_defect(err, "chunk", "IEND has %zu bytes, should have none", chunk->length);
  walk->png->has_end = true;
  walk->png->trailing = walk->size - walk->at;
  return true;
}

/* Which program wrote the file is told by most of them, and says nothing of a patient. */
static void take_text(struct hl_png *png, const struct chunk *chunk, const char *kind) {
  static const char harmless[] = "Software";
  if (chunk->length >= sizeof harmless && memcmp(chunk->data, harmless, sizeof harmless) == 0) return;
  hl_notes_add(&png->notes, kind, chunk->data, strnlen((const char *)chunk->data, chunk->length), chunk->length);
}

static bool take_chunk(struct walk *walk, const struct chunk *chunk, struct hl_error *err) {
  switch (chunk->type) {
  case IHDR: return hl_defect(err, "chunk", "there are two IHDR");
  case PLTE: return take_palette(walk->png, chunk, err);
  case TRNS: return take_transparency(walk->png, chunk, err);
  case IDAT: return take_data(walk, chunk, err);
  case IEND: return take_end(walk, chunk, err);
  case TEXT: take_text(walk->png, chunk, "tEXt"); return true;
  case ZTXT: take_text(walk->png, chunk, "zTXt"); return true;
  case ITXT: take_text(walk->png, chunk, "iTXt"); return true;
  case EXIF: hl_notes_add(&walk->png->notes, "eXIf", NULL, 0, chunk->length); return true;
  default:
    if (chunk->type & ANCILLARY) return true;
    return hl_defect(err, "chunk", "the chunk %.4s is unknown and says that it must be understood",
                     (const char *)chunk->data - 4);
  }
}

/* Signature and IHDR; leaves walk at the chunk after it. */
static bool begin_walk(struct walk *walk, struct hl_error *err) {
  static const uint8_t signature[SIGNATURE_SIZE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  struct chunk chunk = {0};
  if (walk->size <= SIGNATURE_SIZE) return hl_defect(err, "truncated", "the file ends after %zu bytes", walk->size);
  if (memcmp(walk->bytes, signature, SIGNATURE_SIZE) != 0)
    return hl_defect(err, "header", "the PNG signature is damaged, as a transfer in text mode damages it");
  if (!read_chunk(walk, &chunk, err)) return false;
  if (chunk.type != IHDR)
    return hl_defect(err, "header", "the first chunk is %.4s, should be IHDR", (const char *)chunk.data - 4);
  return take_header(walk->png, &chunk, err);
}

bool hl_png_read_header(const uint8_t *bytes, size_t size, struct hl_png_header *header, struct hl_error *err) {
  struct hl_png png = {0};
  struct walk walk = {bytes, size, SIGNATURE_SIZE, &png, NULL, IHDR};
  bool is_read = begin_walk(&walk, err);
  *header = png.header;
  return is_read;
}

bool hl_png_open(const uint8_t *bytes, size_t size, struct hl_scratch *scratch, struct hl_png *png, struct hl_error *err) {
  *png = (struct hl_png){0};
  struct walk walk = {bytes, size, SIGNATURE_SIZE, png, scratch, IHDR};
  struct chunk chunk = {0};
  if (!begin_walk(&walk, err)) return false;
  while (walk.at < size && !png->has_end) {
    if (!read_chunk(&walk, &chunk, err) || !take_chunk(&walk, &chunk, err)) return false;
    walk.previous = chunk.type;
  }
  if (png->data_chunks == 0)
    return hl_defect(err, png->has_end ? "short-data" : "truncated", "there is no IDAT, so there are no pixels");
  return true;
}

unsigned hl_png_samples(uint8_t color) {
  switch (color) {
  case HL_PNG_RGB: return 3;
  case HL_PNG_GRAY_ALPHA: return 2;
  case HL_PNG_RGBA: return 4;
  default: return 1;
  }
}

size_t hl_png_passes(const struct hl_png_header *header, struct hl_png_pass passes[7]) {
  static const struct grid {
    uint8_t x, y, dx, dy;
  } whole[] = {{0, 0, 1, 1}},
    adam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  const struct grid *grid = header->interlace ? adam7 : whole, *last = grid + (header->interlace ? 7 : 1);
  size_t bits = (size_t)hl_png_samples(header->color) * header->depth, count = 0;
  for (; grid < last; grid++) {
    if (header->width <= grid->x || header->height <= grid->y) continue;
    size_t width = (header->width - grid->x + grid->dx - 1u) / grid->dx;
    size_t height = (header->height - grid->y + grid->dy - 1u) / grid->dy;
    passes[count++] = (struct hl_png_pass){width, height, (width * bits + 7) / 8, grid->x, grid->y, grid->dx, grid->dy};
  }
  return count;
}

size_t hl_png_raw_size(const struct hl_png_header *header) {
  struct hl_png_pass passes[7];
  size_t size = 0;
  for (size_t count = hl_png_passes(header, passes), i = 0; i < count; i++) size += passes[i].height * (passes[i].row_bytes + 1);
  return size;
}

bool hl_png_plausible(const struct hl_png *png, struct hl_error *err) {
  uint64_t pixels = (uint64_t)png->header.width * png->header.height;
  if (pixels > HL_IMAGE_MAX_PIXELS)
    return hl_defect(err, "bomb", "%u x %u are more than the %llu pixels that are decoded at most", png->header.width,
                     png->header.height, (unsigned long long)HL_IMAGE_MAX_PIXELS);
  if (hl_png_raw_size(&png->header) / HL_INFLATE_MAX_RATIO > png->stream_size)
    return hl_defect(err, "short-data", "%zu bytes of image data cannot hold %u x %u pixels", png->stream_size, png->header.width,
                     png->header.height);
  return true;
}

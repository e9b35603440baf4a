/* SPDX-License-Identifier: MIT */
#include "archive/stream.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  IN_SIZE = 1 << 18,
  OUT_SIZE = 1 << 19, /* ISA-L copies the last 32 KiB of each block once more, so they should not be small */
  SNIFFED = 6,        /* bytes that tell gzip, and what is no archive at all, from the rest */
};

static const uint8_t magic[] = {0x1F, 0x8B}; /* RFC 1952, 2.3.1 */

/* PNGs do not shrink at all and tables to a tenth; deflate could make a thousandth. */
enum { BOMB_RATIO = 250, BOMB_ALLOWANCE = 1 << 26 };

bool hl_stream_fail(const struct hl_stream *stream, struct hl_error *err, const char *code, const char *format, ...) {
  char what[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  hl_fail(err, HL_INTEGRITY, stream->op, "%.400s: %s", stream->source->name, what);
  snprintf(err->code, sizeof err->code, "%s", code);
  return false;
}

static bool fail_memory(struct hl_stream *stream) {
  errno = ENOMEM;
  return hl_fail_errno(stream->err, stream->op, stream->source->name);
}

bool hl_stream_open(struct hl_stream *stream, const char *op, struct hl_source *source, struct hl_hash *hash,
                    struct hl_error *err) {
  *stream = (struct hl_stream){.op = op, .source = source, .hash = hash, .err = err, .in = malloc(IN_SIZE)};
  return stream->in || fail_memory(stream);
}

void hl_stream_close(struct hl_stream *stream) {
  free(stream->in);
  free(stream->out);
  free(stream->inflate);
  stream->in = stream->out = NULL;
  stream->inflate = NULL;
}

/* Reading. */

/* Into `in`, from the at-th byte on; *got 0 at the end. */
static bool read_source(struct hl_stream *stream, size_t at, size_t *got) {
  struct hl_source *source = stream->source;
  if (atomic_load(&stream->stopping)) return hl_fail(stream->err, HL_CANCELLED, stream->op, "%s: closed", source->name);
  if (!source->read(source, stream->in + at, IN_SIZE - at, got, stream->err)) return false;
  if (stream->hash) hl_hash_update(stream->hash, stream->in + at, *got);
  atomic_fetch_add_explicit(&stream->position, *got, memory_order_relaxed);
  return true;
}

/* Some formats that are easily taken for one of ours. */
static const char *known_format(const uint8_t *bytes, size_t size) {
  static const struct {
    const char *begins, *what;
  } formats[] = {{"BZh", "it is compressed with bzip2: unpack it with bunzip2 first"},
                 {"\3757zXZ", "it is compressed with xz: unpack it with unxz first"},
                 {"\x28\xB5\x2F\xFD", "it is compressed with zstd: unpack it with unzstd first"},
                 {"<", "it is a web page or XML, not an archive: has the link expired?"},
                 {"{", "it is JSON, not an archive"}};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    size_t length = strlen(formats[i].begins);
    if (size >= length && memcmp(bytes, formats[i].begins, length) == 0) return formats[i].what;
  }
  return NULL;
}

static bool begin_gzip(struct hl_stream *stream) {
  stream->out = malloc(OUT_SIZE);
  stream->inflate = malloc(sizeof *stream->inflate);
  if (!stream->out || !stream->inflate) return fail_memory(stream);
  isal_inflate_init(stream->inflate);
  stream->inflate->next_in = stream->in;
  stream->inflate->avail_in = (uint32_t)stream->ready;
  stream->between = true;
  return true;
}

/* Reads the first bytes and finds out what they are. */
static bool begin(struct hl_stream *stream) {
  size_t got = 1;
  while (stream->ready < SNIFFED && got > 0) {
    if (!read_source(stream, stream->ready, &got)) return false;
    stream->ready += got;
  }
  stream->begun = true;
  if (stream->ready == 0) return hl_stream_fail(stream, stream->err, "empty", "empty");
  const char *other = known_format(stream->in, stream->ready);
  if (other) return hl_stream_fail(stream, stream->err, "format", "%s", other);
  bool is_gzip = stream->ready >= sizeof magic && memcmp(stream->in, magic, sizeof magic) == 0;
  return !is_gzip || begin_gzip(stream);
}

/* What is not gzip. */

static bool next_plain(struct hl_stream *stream, const void **block, size_t *size) {
  if (stream->ready == 0 && !read_source(stream, 0, &stream->ready)) return false;
  *block = stream->in;
  *size = stream->ready;
  stream->ready = 0;
  return true;
}

/* gzip. */

static bool fill(struct hl_stream *stream) {
  struct inflate_state *state = stream->inflate;
  size_t got = state->avail_in;
  if (got == 0 && !read_source(stream, 0, &got)) return false;
  if (state->avail_in == 0) state->next_in = stream->in;
  state->avail_in = (uint32_t)got;
  return true;
}

static bool fail_inflate(struct hl_stream *stream, int status) {
  struct hl_error *err = stream->err;
  switch (status) {
  case ISAL_INCORRECT_CHECKSUM:
    return hl_stream_fail(stream, err, "crc", "the gzip checksum does not fit: something in it is damaged");
  case ISAL_INVALID_WRAPPER:
  case ISAL_UNSUPPORTED_METHOD: return hl_stream_fail(stream, err, "gzip", "the gzip header is damaged");
  default: return hl_stream_fail(stream, err, "gzip", "the compressed data are damaged");
  }
}

static bool fail_trailing(struct hl_stream *stream) {
  return hl_stream_fail(stream, stream->err, "trailing-bytes", "other data follow the gzip data");
}

/* Tapes and some writers fill up with zeros. */
static bool skip_padding(struct hl_stream *stream) {
  struct inflate_state *state = stream->inflate;
  while (state->avail_in > 0) {
    for (uint32_t i = 0; i < state->avail_in; i++)
      if (state->next_in[i]) return fail_trailing(stream);
    state->avail_in = 0;
    if (!fill(stream)) return false;
  }
  return true;
}

/* At the end of a gzip member: begins the next one. *ended: there is none. */
static bool begin_member(struct hl_stream *stream, bool *ended) {
  struct inflate_state *state = stream->inflate;
  if (!fill(stream)) return false;
  *ended = state->avail_in == 0;
  if (*ended) return true;
  if (state->next_in[0] == 0) return skip_padding(stream);
  if (state->next_in[0] != magic[0]) return fail_trailing(stream);
  isal_inflate_reset(state);
  state->crc_flag = ISAL_GZIP;
  stream->between = false;
  return true;
}

/* Inflates until the room, the input or the gzip member is used up, and sees to more input. */
static bool inflate_some(struct hl_stream *stream) {
  struct inflate_state *state = stream->inflate;
  int status = isal_inflate(state);
  if (status < 0) return fail_inflate(stream, status);
  stream->between = state->block_state == ISAL_BLOCK_FINISH;
  if (stream->between || state->avail_out == 0) return true;
  if (!fill(stream)) return false;
  return state->avail_in > 0 || hl_stream_fail(stream, stream->err, "truncated", "the file was cut off");
}

/* What came before the damage is handed out first. */
static bool next_inflated(struct hl_stream *stream, const void **block, size_t *size) {
  struct inflate_state *state = stream->inflate;
  bool ended = false;
  state->next_out = stream->out;
  state->avail_out = OUT_SIZE;
  bool is_sound = true;
  while (is_sound && !ended && state->avail_out > 0)
    is_sound = stream->between ? begin_member(stream, &ended) : inflate_some(stream);
  *block = stream->out;
  *size = OUT_SIZE - state->avail_out;
  if (!is_sound) stream->failure = *stream->err;
  return is_sound || *size > 0;
}

static bool is_bomb(struct hl_stream *stream) {
  return stream->produced > BOMB_ALLOWANCE && stream->produced / BOMB_RATIO > atomic_load(&stream->position);
}

bool hl_stream_next(struct hl_stream *stream, const void **block, size_t *size, struct hl_error *err) {
  stream->err = err;
  *size = 0;
  if (stream->failure.kind != HL_OK) *err = stream->failure;
  if (stream->failure.kind != HL_OK) return false;
  if (!stream->begun && !begin(stream)) return false;
  if (!(stream->inflate ? next_inflated : next_plain)(stream, block, size)) return false;
  stream->produced += *size;
  return !is_bomb(stream) ||
         hl_stream_fail(stream, err, "bomb", "it unpacks to more than %d times its size: no images do", BOMB_RATIO);
}

/* SPDX-License-Identifier: MIT */
#include "http/framing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/digests.h"

/* The chunk's data lie behind room for their head, and have room for CRLF behind; the end of the body fits in as well. */
struct hl_http_framer {
  const struct hl_http_framing *framing;
  struct hl_http_reader inner;
  struct hl_hash hash;
  struct hl_sigv4_chunks chunks;
  bool ended;
  size_t begin, end; /* what of wire is still to be given */
  char wire[HL_SIGV4_CHUNK_HEAD + HL_HTTP_CHUNK + 2];
};

/* Sizes. */

static uint64_t unsigned_chunk_size(uint64_t size) { return (uint64_t)snprintf(NULL, 0, "%" PRIx64, size) + 2 + size + 2; }

static uint64_t unsigned_size(uint64_t size, size_t trailer) {
  uint64_t rest = size % HL_HTTP_CHUNK, chunks = size / HL_HTTP_CHUNK * unsigned_chunk_size(HL_HTTP_CHUNK);
  return chunks + (rest ? unsigned_chunk_size(rest) : 0) + strlen("0\r\n") + trailer + strlen("\r\n\r\n");
}

/* Bytes of "name:value"; 0: no memory. */
static size_t trailer_size(const struct hl_http_framing *framing) {
  struct hl_hash hash;
  char text[HL_HTTP_DIGEST_TEXT];
  if (!hl_hash_begin(&hash, framing->hashes, framing->checksum)) return 0;
  size_t value = hl_http_base64_digest(&hash, text);
  hl_hash_end(&hash);
  return value ? strlen(framing->name) + 1 + value : 0;
}

static bool find_size(struct hl_http_body *body) {
  const struct hl_http_framing *framing = body->framing;
  uint64_t size = framing->inner->size;
  size_t trailer = framing->has_checksum ? trailer_size(framing) : 0;
  body->size = framing->is_signed ? hl_sigv4_chunked_size(size, HL_HTTP_CHUNK, trailer) : unsigned_size(size, trailer);
  return trailer || !framing->has_checksum;
}

/* Framing. */

static void choose_checksum(struct hl_http_framing *framing, const char *checksum) {
  framing->has_checksum = true;
  framing->checksum = hl_hash_kind(checksum);
  snprintf(framing->name, sizeof framing->name, "x-amz-checksum-%s", checksum);
}

struct hl_http_body *hl_http_body_framed(struct hl_http_body *inner, const char *checksum, struct hl_hash_shared *hashes,
                                         const struct hl_sigv4_chunks *chunks, struct hl_error *err) {
  struct hl_http_body *body = calloc(1, sizeof *body);
  struct hl_http_framing *framing = calloc(1, sizeof *framing);
  if (body && framing) {
    hl_http_body_hold(inner);
    *framing = (struct hl_http_framing){.inner = inner, .hashes = hashes, .is_signed = chunks};
    if (checksum) choose_checksum(framing, checksum);
    if (chunks) framing->chunks = *chunks;
    *body = (struct hl_http_body){.kind = HL_HTTP_FRAMED, .refs = 1, .framing = framing};
    if (find_size(body)) return body;
    hl_http_body_release(body);
  } else {
    free(body);
    free(framing);
  }
  hl_fail_errno(err, "http.chunked", NULL);
  return NULL;
}

void hl_http_framing_free(struct hl_http_framing *framing) {
  if (!framing) return;
  hl_http_body_release(framing->inner);
  hl_sigv4_chunks_end(&framing->chunks);
  free(framing);
}

/* Reading. */

static bool begin(struct hl_http_framer *framer) {
  const struct hl_http_framing *framing = framer->framing;
  framer->chunks = framing->chunks;
  framer->ended = false;
  framer->begin = framer->end = 0;
  return !framing->has_checksum || hl_hash_begin(&framer->hash, framing->hashes, framing->checksum);
}

struct hl_http_framer *hl_http_framer_open(const struct hl_http_framing *framing) {
  struct hl_http_framer *framer = malloc(sizeof *framer);
  if (!framer) return NULL;
  framer->framing = framing;
  framer->inner = (struct hl_http_reader){0};
  framer->hash = (struct hl_hash){0};
  if (hl_http_reader_open(&framer->inner, framing->inner) && begin(framer)) return framer;
  hl_http_framer_close(framer);
  return NULL;
}

/* Fills data but for the end of the body. -1: err. */
static ssize_t read_chunk(struct hl_http_reader *inner, char *data, struct hl_error *err) {
  size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < HL_HTTP_CHUNK; size += (size_t)got) {
    got = hl_http_read(inner, data + size, HL_HTTP_CHUNK - size, err);
    if (got < 0) return -1;
  }
  return (ssize_t)size;
}

static size_t write_head(struct hl_http_framer *framer, const char *data, size_t size, char head[HL_SIGV4_CHUNK_HEAD]) {
  if (framer->framing->is_signed) return hl_sigv4_chunk_head(&framer->chunks, data, size, head);
  return (size_t)snprintf(head, HL_SIGV4_CHUNK_HEAD, "%zx\r\n", size);
}

/* What follows the last chunk's head. Returns its length; 0: no memory. */
static size_t write_trailer(struct hl_http_framer *framer, char trailer[HL_SIGV4_TRAILER]) {
  const struct hl_http_framing *framing = framer->framing;
  char value[HL_HTTP_DIGEST_TEXT];
  if (!framing->has_checksum) return (size_t)snprintf(trailer, HL_SIGV4_TRAILER, "\r\n");
  size_t size = hl_http_base64_digest(&framer->hash, value);
  if (!size) return 0;
  if (!framing->is_signed) return (size_t)snprintf(trailer, HL_SIGV4_TRAILER, "%s:%s\r\n\r\n", framing->name, value);
  const struct hl_slice name = {framing->name, strlen(framing->name)};
  return hl_sigv4_chunk_trailer(&framer->chunks, name, (struct hl_slice){value, size}, trailer);
}

/* Puts the next chunk, or the end, on the wire. */
static bool fill(struct hl_http_framer *framer, struct hl_error *err) {
  char head[HL_SIGV4_CHUNK_HEAD], *data = framer->wire + HL_SIGV4_CHUNK_HEAD;
  ssize_t got = read_chunk(&framer->inner, data, err);
  if (got < 0) return false;
  size_t size = (size_t)got, tail = 2;
  if (size && framer->framing->has_checksum) hl_hash_update(&framer->hash, data, size);
  size_t head_size = write_head(framer, data, size, head);
  if (size)
    memcpy(data + size, "\r\n", 2);
  else
    tail = write_trailer(framer, data);
  memcpy(data - head_size, head, head_size);
  framer->begin = HL_SIGV4_CHUNK_HEAD - head_size;
  framer->end = HL_SIGV4_CHUNK_HEAD + size + tail;
  framer->ended = !size;
  return tail || hl_fail(err, HL_IO, "http.chunked", "not enough memory");
}

ssize_t hl_http_framer_read(struct hl_http_framer *framer, void *data, size_t size, struct hl_error *err) {
  if (framer->begin == framer->end && !framer->ended && !fill(framer, err)) return -1;
  if (size > framer->end - framer->begin) size = framer->end - framer->begin;
  memcpy(data, framer->wire + framer->begin, size);
  framer->begin += size;
  return (ssize_t)size;
}

bool hl_http_framer_rewind(struct hl_http_framer *framer) {
  hl_hash_end(&framer->hash);
  return hl_http_rewind(&framer->inner) && begin(framer);
}

void hl_http_framer_close(struct hl_http_framer *framer) {
  if (!framer) return;
  hl_hash_end(&framer->hash);
  hl_sigv4_chunks_end(&framer->chunks);
  hl_http_reader_close(&framer->inner);
  free(framer);
}

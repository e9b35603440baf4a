/* SPDX-License-Identifier: MIT */
#include "sigv4/canonical.h"

void hl_sigv4_chunks_begin(struct hl_sigv4_chunks *chunks, struct hl_sigv4_signer *signer,
                           const struct hl_sigv4_signature *seed) {
  struct hl_text scope = hl_text(chunks->scope, sizeof chunks->scope);
  hl_sigv4_move(signer, seed->time, NULL);
  hl_put(&scope, (struct hl_slice){signer->date, HL_DATE_SIZE});
  hl_put_char(&scope, '\n');
  hl_put(&scope, signer->scope);
  hl_put_char(&scope, '\n');
  chunks->scope_size = hl_text_since(&scope, chunks->scope).size;
  chunks->key = signer->key;
  memcpy(chunks->previous, seed->authorization + seed->authorization_size - HL_SIGV4_HEX, HL_SIGV4_HEX);
}

void hl_sigv4_chunks_end(struct hl_sigv4_chunks *chunks) { explicit_bzero(chunks, sizeof *chunks); }

/* Signs rest and makes that the previous signature. rest: what is signed behind the previous one. */
static void sign(struct hl_sigv4_chunks *chunks, struct hl_slice algorithm, struct hl_slice rest) {
  char room[256 + sizeof chunks->scope];
  uint8_t digest[HL_SHA256_SIZE];
  struct hl_text text = hl_text(room, sizeof room), signature = hl_text(chunks->previous, HL_SIGV4_HEX);
  hl_put(&text, algorithm);
  hl_put(&text, (struct hl_slice){chunks->scope, chunks->scope_size});
  hl_put(&text, (struct hl_slice){chunks->previous, HL_SIGV4_HEX});
  hl_put(&text, rest);
  hl_hmac(&chunks->key, room, hl_text_since(&text, room).size, digest);
  hl_put_hex(&signature, digest);
}

static void put_size(struct hl_text *text, uint64_t size) {
  int digits = 1;
  while (digits < 16 && size >> 4 * digits) digits++;
  while (digits--) hl_put_char(text, "0123456789abcdef"[size >> 4 * digits & 15]);
}

size_t hl_sigv4_chunk_head(struct hl_sigv4_chunks *chunks, const void *data, size_t size, char head[HL_SIGV4_CHUNK_HEAD]) {
  char room[2 + 2 * HL_SIGV4_HEX];
  uint8_t digest[HL_SHA256_SIZE];
  struct hl_text rest = hl_text(room, sizeof room), text = hl_text(head, HL_SIGV4_CHUNK_HEAD);
  hl_put_char(&rest, '\n');
  hl_put(&rest, HL_SIGV4_EMPTY_HASH); /* of the headers of a chunk, which it does not have */
  hl_put_char(&rest, '\n');
  hl_sha256(data, size, digest);
  hl_put_hex(&rest, digest);
  sign(chunks, HL_SLICE("AWS4-HMAC-SHA256-PAYLOAD\n"), hl_text_since(&rest, room));
  put_size(&text, size);
  hl_put(&text, HL_SLICE(";chunk-signature="));
  hl_put(&text, (struct hl_slice){chunks->previous, HL_SIGV4_HEX});
  hl_put(&text, HL_SLICE("\r\n"));
  return hl_text_since(&text, head).size;
}

/* What is hashed ends in LF where what is sent ends in CRLF. */
static void sign_trailer(struct hl_sigv4_chunks *chunks, struct hl_slice line) {
  char room[HL_SIGV4_TRAILER + 1];
  uint8_t digest[HL_SHA256_SIZE];
  struct hl_text text = hl_text(room, sizeof room);
  hl_put(&text, line);
  hl_put_char(&text, '\n');
  hl_sha256(room, hl_text_since(&text, room).size, digest);
  text = hl_text(room, sizeof room);
  hl_put_char(&text, '\n');
  hl_put_hex(&text, digest);
  sign(chunks, HL_SLICE("AWS4-HMAC-SHA256-TRAILER\n"), hl_text_since(&text, room));
}

size_t hl_sigv4_chunk_trailer(struct hl_sigv4_chunks *chunks, struct hl_slice name, struct hl_slice value,
                              char trailer[HL_SIGV4_TRAILER]) {
  struct hl_text text = hl_text(trailer, HL_SIGV4_TRAILER);
  hl_put(&text, name);
  hl_put_char(&text, ':');
  hl_put(&text, value);
  sign_trailer(chunks, hl_text_since(&text, trailer));
  hl_put(&text, HL_SLICE("\r\nx-amz-trailer-signature:"));
  hl_put(&text, (struct hl_slice){chunks->previous, HL_SIGV4_HEX});
  hl_put(&text, HL_SLICE("\r\n\r\n"));
  return text.overflowed ? 0 : hl_text_since(&text, trailer).size;
}

/* Of a chunk on the wire: its head, its data, CRLF. */
static uint64_t chunk_size(uint64_t size) {
  char room[16];
  struct hl_text digits = hl_text(room, sizeof room);
  put_size(&digits, size);
  return hl_text_since(&digits, room).size + strlen(";chunk-signature=\r\n") + HL_SIGV4_HEX + size + 2;
}

uint64_t hl_sigv4_chunked_size(uint64_t size, uint64_t chunk, size_t trailer) {
  uint64_t rest = size % chunk, ends = trailer ? trailer + strlen("\r\nx-amz-trailer-signature:\r\n") + HL_SIGV4_HEX : 0;
  return size / chunk * chunk_size(chunk) + (rest ? chunk_size(rest) : 0) + chunk_size(0) + ends;
}

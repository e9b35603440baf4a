/* SPDX-License-Identifier: MIT */
#include "csv/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

bool hl_csv_open_input(struct hl_csv_input *input, const char *op, const char *path, const char *text, size_t size,
                       struct hl_error *err) {
  *input = (struct hl_csv_input){.op = op, .path = strdup(path), .fd = -1, .text = text, .left = size};
  if (input->path && text) return true;
  if (input->path && (input->chunk = malloc(PIECE)) && (input->fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) return true;
  hl_fail_errno(err, op, path);
  hl_csv_close_input(input);
  return false;
}

void hl_csv_close_input(struct hl_csv_input *input) {
  if (input->path && input->fd >= 0) close(input->fd);
  free(input->path);
  free(input->chunk);
  *input = (struct hl_csv_input){0};
}

static bool read_piece(struct hl_csv_input *input, const char **piece, size_t *size, struct hl_error *err) {
  ssize_t got;
  do got = read(input->fd, input->chunk, PIECE);
  while (got < 0 && errno == EINTR);
  if (got < 0) return hl_fail_errno(err, input->op, input->path);
  *piece = got ? input->chunk : NULL;
  *size = (size_t)got;
  return true;
}

static void cut_piece(struct hl_csv_input *input, const char **piece, size_t *size) {
  *piece = input->left ? input->text : NULL;
  *size = input->left < PIECE ? input->left : PIECE;
  input->text += *size;
  input->left -= *size;
}

static bool begins_with(const char *piece, size_t size, const char *bytes) {
  return size >= strlen(bytes) && memcmp(piece, bytes, strlen(bytes)) == 0;
}

static bool inspect_beginning(struct hl_csv_input *input, const char **piece, size_t *size, struct hl_error *err) {
  static const char gzip[] = "\x1F\x8B", mark[] = "\xEF\xBB\xBF";
  if (begins_with(*piece, *size, gzip))
    return hl_fail(err, HL_PARSE, input->op, "%s: is compressed: run gunzip on it first", input->path);
  size_t skipped = begins_with(*piece, *size, mark) ? strlen(mark) : 0;
  *piece += skipped;
  *size -= skipped;
  input->begun = true;
  return true;
}

size_t hl_csv_count_newlines(const char *text, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size; i++) count += text[i] == '\n';
  return count;
}

static bool refuse_nul(struct hl_csv_input *input, const char *piece, size_t size, struct hl_error *err) {
  const char *nul = memchr(piece, 0, size);
  size_t clean = nul ? (size_t)(nul - piece) : size;
  input->newlines += hl_csv_count_newlines(piece, clean);
  return !nul || hl_fail(err, HL_PARSE, input->op, "%s:%zu: a NUL byte: the file is damaged, or not UTF-8 text (UTF-16 perhaps)",
                         input->path, input->newlines + 1);
}

bool hl_csv_next_piece(struct hl_csv_input *input, const char **piece, size_t *size, struct hl_error *err) {
  if (input->text)
    cut_piece(input, piece, size);
  else if (!read_piece(input, piece, size, err))
    return false;
  if (!*piece) return true;
  if (!input->begun && !inspect_beginning(input, piece, size, err)) return false;
  return refuse_nul(input, *piece, *size, err);
}

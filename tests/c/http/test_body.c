/* SPDX-License-Identifier: MIT
 *
 * Bodies read in pieces of every size give the same bytes, each time they are read.
 */
#include "http/body.h"

#include <errno.h>
#include <fcntl.h>

#include "../check.h"
#include "http/digests.h"
#include "http/failure.h"
#include "http/framing.h"

static struct hl_hash_shared hashes;
static char data[200000];

/* All of it, in pieces of at most `piece`; the caller frees it. */
static char *read_all(struct hl_http_reader *reader, size_t piece, size_t *size) {
  char *all = malloc(reader->body->size + 1);
  struct hl_error err;
  ssize_t got;
  *size = 0;
  while ((got = hl_http_read(reader, all + *size, piece, &err)) > 0) *size += (size_t)got;
  CHECK_EQ_INT(got, 0);
  return all;
}

static void check_reads(struct hl_http_body *body, const char *wanted, size_t wanted_size) {
  static const size_t pieces[] = {1, 7, 16384, 65536, 1 << 20};
  CHECK_EQ_INT(body->size, wanted_size);
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    struct hl_http_reader reader;
    size_t size;
    char part[100];
    struct hl_error err;
    CHECK(hl_http_reader_open(&reader, body));
    hl_http_read(&reader, part, sizeof part, &err);
    CHECK(hl_http_rewind(&reader));
    char *all = read_all(&reader, pieces[i], &size);
    CHECK(size == wanted_size && memcmp(all, wanted, size) == 0);
    free(all);
    hl_http_reader_close(&reader);
    hl_http_reader_close(&reader);
  }
}

static void test_memory(void) {
  struct hl_error err;
  for (size_t size = 0; size < sizeof data; size = size * 3 + 1) {
    struct hl_http_body *body = hl_http_body_of_memory(guard_copy(data, size), size, &err);
    check_reads(body, data, size);
    hl_http_body_release(body);
  }
}

static void test_file(void) {
  char path[] = "/tmp/hilum-body-XXXXXX";
  int fd = mkstemp(path);
  struct hl_error err;
  CHECK(fd >= 0 && write(fd, data, sizeof data) == sizeof data);
  struct hl_http_body *whole = hl_http_body_of_file(path, 0, UINT64_MAX, &err),
                      *part = hl_http_body_of_file(path, 5, 70000, &err);
  check_reads(whole, data, sizeof data);
  check_reads(part, data + 5, 70000);
  CHECK(!hl_http_body_of_file(path, 1, sizeof data, &err));
  CHECK(!hl_http_body_of_file(path, UINT64_MAX, 1, &err));
  CHECK(ftruncate(fd, 1000) == 0);
  struct hl_http_reader reader;
  CHECK(hl_http_reader_open(&reader, part));
  char piece[500];
  CHECK_EQ_INT(hl_http_read(&reader, piece, 500, &err), 500);
  CHECK_EQ_INT(hl_http_read(&reader, piece, 500, &err), 495);
  CHECK_EQ_INT(hl_http_read(&reader, piece, 500, &err), -1);
  CHECK_EQ_STR(err.code, "FILE_CHANGED");
  hl_http_reader_close(&reader);
  hl_http_body_release(whole);
  hl_http_body_release(part);
  close(fd);
  unlink(path);
}

/* The framing as one would write it down. */
static char *frame(size_t size, const char *trailer, size_t *framed) {
  char *text = malloc(size + size / HL_HTTP_CHUNK * 20 + 200), *end = text;
  for (size_t at = 0, piece; at < size; at += piece) {
    piece = size - at < HL_HTTP_CHUNK ? size - at : HL_HTTP_CHUNK;
    end += sprintf(end, "%zx\r\n", piece);
    memcpy(end, data + at, piece);
    end += piece;
    end += sprintf(end, "\r\n");
  }
  end += sprintf(end, "0\r\n%s\r\n\r\n", trailer);
  *framed = (size_t)(end - text);
  return text;
}

static void test_framing(void) {
  static const size_t sizes[] = {0, 1, 15, 16, HL_HTTP_CHUNK - 1, HL_HTTP_CHUNK, HL_HTTP_CHUNK + 1, 2 * HL_HTTP_CHUNK, 200000};
  struct hl_error err;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct hl_hash hash;
    char value[HL_HTTP_DIGEST_TEXT], trailer[128];
    size_t size;
    hl_hash_begin(&hash, &hashes, HL_HASH_CRC32C);
    hl_hash_update(&hash, data, sizes[i]);
    CHECK_EQ_INT(hl_http_base64_digest(&hash, value), 8);
    sprintf(trailer, "x-amz-checksum-crc32c:%s", value);
    char *wanted = frame(sizes[i], trailer, &size);
    struct hl_http_body *inner = hl_http_body_of_memory(data, sizes[i], &err);
    struct hl_http_body *body = hl_http_body_framed(inner, "crc32c", &hashes, NULL, &err);
    hl_http_body_release(inner); /* which the frame holds */
    check_reads(body, wanted, size);
    hl_http_body_release(body);
    free(wanted);
  }
}

static void test_digests(void) {
  struct hl_http_digests digests;
  char text[HL_HTTP_DIGEST_TEXT];
  CHECK(hl_http_digests_begin(&digests, &hashes, 1u << HL_HASH_MD5 | 1u << HL_HASH_CRC64NVME));
  hl_http_digests_update(&digests, "12345", 5);
  hl_http_digests_update(&digests, "6789", 4);
  CHECK(hl_http_digests_text(&digests, HL_HASH_MD5, text));
  CHECK_EQ_STR(text, "25f9e794323b453885f5181f1b624d0b");
  CHECK(hl_http_digests_text(&digests, HL_HASH_CRC64NVME, text));
  CHECK_EQ_STR(text, "rosUhgp5mIg=");
  hl_http_digests_end(&digests);
}

static void check_host(const char *url, const char *wanted) {
  char host[HL_HTTP_HOST];
  hl_http_host(url, host);
  CHECK_EQ_STR(host, wanted);
}

static void test_host(void) {
  check_host("https://storage.example:9000/a/b?c=d@e", "storage.example:9000");
  check_host("http://user:secret@storage.example?q", "storage.example");
  check_host("http://a@b@[::1]:80", "[::1]:80");
  check_host("http://", "");
  check_host("nonsense", "nonsense");
  char url[2000] = "http://";
  memset(url + 7, 'a', 1900);
  char host[HL_HTTP_HOST];
  hl_http_host(url, host);
  CHECK_EQ_INT(strlen(host), HL_HTTP_HOST - 1);
}

int main(void) {
  struct hl_error err;
  for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i * i >> 7 ^ i);
  CHECK(hl_hash_open(&hashes, &err));
  test_memory();
  test_file();
  test_framing();
  test_digests();
  test_host();
  hl_hash_close(&hashes);
  return check_report();
}

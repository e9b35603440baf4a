/* SPDX-License-Identifier: MIT
 *
 * The reading thread: bounds, order, and closing while it is anywhere.
 */
#include "archive/archive.h"

#include <poll.h>

#include "../check.h"

enum { BLOCK = 512, COUNT = 200, MEMBER = 3 * BLOCK, TAR = COUNT * (BLOCK + MEMBER) + 2 * BLOCK };

static uint8_t tar[TAR];

/* A ustar header: name, size and checksum are all that has to be there. */
static void write_header(uint8_t *header, int i) {
  unsigned sum = 0;
  snprintf((char *)header, 100, "%d", i);
  snprintf((char *)header + 100, 8, "0000644");
  snprintf((char *)header + 124, 12, "%011o", MEMBER);
  memcpy(header + 257, "ustar\00000", 8);
  memset(header + 148, ' ', 8);
  for (int at = 0; at < BLOCK; at++) sum += header[at];
  snprintf((char *)header + 148, 7, "%06o", sum);
}

static void make_tar(void) {
  for (int i = 0; i < COUNT; i++) {
    uint8_t *header = tar + (size_t)i * (BLOCK + MEMBER);
    write_header(header, i);
    memset(header + BLOCK, i, MEMBER);
  }
}

static struct hl_archive *open_tar(size_t size, size_t ahead, const char *digest) {
  struct hl_error err;
  struct hl_archive_options options = {"test", MEMBER, TAR, ahead, digest};
  struct hl_archive *archive = hl_archive_open(hl_source_bytes(tar, size), &options, &err);
  CHECK(archive);
  return archive;
}

/* As the loop does: sleeps until there is something. */
static enum hl_take take(struct hl_archive *archive, struct hl_member **member, struct hl_error *err) {
  enum hl_take taken;
  while ((taken = hl_archive_take(archive, member, err)) == HL_TAKE_LATER) {
    struct pollfd ready = {hl_archive_fd(archive), POLLIN, 0};
    uint64_t count;
    CHECK_EQ_INT(poll(&ready, 1, -1), 1);
    CHECK_EQ_INT(read(ready.fd, &count, sizeof count), sizeof count);
  }
  return taken;
}

static void take_members(struct hl_archive *archive, int count) {
  struct hl_error err;
  struct hl_member *member;
  for (int i = 0; i < count; i++) {
    CHECK_EQ_INT(take(archive, &member, &err), HL_TAKE_MEMBER);
    CHECK_EQ_INT(atoi(member->name), i);
    CHECK(member->size == MEMBER && member->data[0] == (uint8_t)i && member->data[MEMBER - 1] == (uint8_t)i);
    hl_member_free(member);
  }
}

static void test_all(void) {
  static const size_t aheads[] = {0, 1, MEMBER, 10 * MEMBER + 1, TAR};
  struct hl_error err;
  struct hl_member *member;
  for (size_t i = 0; i < sizeof aheads / sizeof *aheads; i++) {
    uint8_t digest[HL_DIGEST_MAX];
    struct hl_archive *archive = open_tar(TAR, aheads[i], "md5");
    CHECK_EQ_INT(hl_archive_digest(archive, digest), 0);
    take_members(archive, COUNT);
    CHECK_EQ_INT(take(archive, &member, &err), HL_TAKE_END);
    CHECK_EQ_INT(take(archive, &member, &err), HL_TAKE_END);
    CHECK(!member);
    CHECK_EQ_INT(hl_archive_position(archive), TAR);
    CHECK_EQ_INT(hl_archive_digest(archive, digest), 16);
    hl_archive_close(archive);
  }
}

static void test_failure(void) {
  struct hl_error err;
  struct hl_member *member;
  struct hl_archive *archive = open_tar(TAR / 2 + BLOCK, TAR, NULL);
  take_members(archive, COUNT / 2);
  CHECK_EQ_INT(take(archive, &member, &err), HL_TAKE_FAILED);
  CHECK_EQ_INT(err.kind, HL_INTEGRITY);
  CHECK(strstr(err.message, "; 100 members before that are whole"));
  hl_archive_close(archive);
}

/* While the thread reads, waits for room, or has ended. */
static void test_closing(void) {
  for (int count = 0; count < COUNT; count += 7) {
    struct hl_archive *archive = open_tar(TAR, count % 2 ? MEMBER : TAR, NULL);
    take_members(archive, count);
    hl_archive_close(archive);
  }
  hl_archive_close(NULL);
}

static void test_bad_source(void) {
  struct hl_error err;
  CHECK(!hl_source_file("test", "/nowhere/a.tar", &err));
  CHECK_EQ_STR(err.code, "ENOENT");
  CHECK(!hl_source_file("test", "/dev/null", &err));
}

int main(void) {
  make_tar();
  test_all();
  test_failure();
  test_closing();
  test_bad_source();
  return check_report();
}

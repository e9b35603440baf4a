/* SPDX-License-Identifier: MIT
 *
 * Streams of members: whatever comes in, names that come out are safe, data are within the limits, and it ends.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/members.h"
#include "archive/name.h"

enum { MAX_MEMBER = 1 << 16, MAX_TOTAL = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_member(const struct hl_member *member) {
  if (member->error) {
    if (member->data || member->size) abort();
    return;
  }
  if (member->size > MAX_MEMBER || strcmp(member->type, "file") != 0 || hl_name_refusal(member->name)) abort();
  for (size_t i = 0; i < member->size; i++) (void)*(volatile uint8_t *)(member->data + i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct hl_stream stream;
  struct hl_error err;
  struct hl_source *source = hl_source_bytes(data, size);
  bool ended;
  if (!source || !hl_stream_open(&stream, "fuzz", source, NULL, &err)) abort();
  struct hl_members *members = hl_members_open(&stream, MAX_MEMBER, MAX_TOTAL);
  for (struct hl_member *member; (member = hl_members_next(members, &ended, &err));) {
    check_member(member);
    hl_member_free(member);
  }
  if (!ended && (err.kind == HL_OK || !err.message[0])) abort();
  hl_members_close(members);
  hl_stream_close(&stream);
  source->close(source);
  return 0;
}

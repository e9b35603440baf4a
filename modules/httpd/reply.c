/* SPDX-License-Identifier: MIT */
#include <microhttpd.h>
#include <stdlib.h>

#include "httpd/httpd.h"

bool hl_reply_bytes(struct hl_reply *reply, const void *data, size_t size) {
  reply->response = MHD_create_response_from_buffer(size, (void *)data, MHD_RESPMEM_MUST_COPY);
  return reply->response != NULL;
}

bool hl_reply_file(struct hl_reply *reply, int fd, uint64_t offset, uint64_t size) {
  reply->response = MHD_create_response_from_fd_at_offset64(size, fd, offset);
  return reply->response != NULL;
}

bool hl_reply_header(struct hl_reply *reply, const char *name, const char *value) {
  return MHD_add_response_header(reply->response, name, value) == MHD_YES;
}

void hl_reply_free(struct hl_reply *reply) {
  if (reply->response) MHD_destroy_response(reply->response);
  reply->response = NULL;
}

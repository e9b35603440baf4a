/* SPDX-License-Identifier: MIT
 *
 * The timeouts are kept here: those of curl cannot tell a server that thinks from one that has died, nor a reader of ours that is
 * slow from a network that is. Only the time to connect is curl's.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "http/engine.h"
#include "http/failure.h"
#include "task/op.h"

/* Buffers, for each exchange. Half of LARGEST_UPLOAD costs a tenth more processor time, twice as much saves a twentieth. */
enum { SMALLEST_UPLOAD = 1 << 14, LARGEST_UPLOAD = 1 << 17, RECEIVE = 1 << 16 };

enum { OTHER_LIMIT = 1 << 20 }; /* bytes of a body that the sink does not want */

/* Timeouts. */

static double patience(const struct hl_http_exchange *self) {
  return self->phase == HL_HTTP_WAITING ? self->first_byte_timeout : self->stall_timeout;
}

/* A byte has moved. The timer is set anew only when another kind of waiting begins; when it fires it looks at `moved`. */
static void move(struct hl_http_exchange *self, enum hl_http_phase phase) {
  self->moved = hl_now();
  if (self->phase == phase) return;
  self->phase = phase;
  if (phase == HL_HTTP_PAUSED)
    hl_timer_stop(self->client->loop, &self->timer);
  else
    hl_timer_start(self->client->loop, &self->timer, patience(self));
}

static void fail_late(struct hl_http_exchange *self) {
  bool waits = self->phase == HL_HTTP_WAITING;
  char what[128];
  snprintf(what, sizeof what, waits ? "no answer within %g s" : "nothing more moved for %g s", patience(self));
  hl_http_fail_as(&self->err, HL_TIMEOUT, waits ? "FIRST_BYTE_TIMEOUT" : "STALL_TIMEOUT", true, self->url, what);
}

/* What the other side has got: on a slow line curl and the system hold much that is not sent yet. */
static curl_off_t find_delivered(const struct hl_http_exchange *self) {
  curl_off_t sent = 0;
  int held = 0;
  curl_easy_getinfo(self->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  if (self->fd != CURL_SOCKET_BAD) ioctl(self->fd, SIOCOUTQ, &held);
  return sent - held;
}

static void on_deadline(struct hl_timer *timer) {
  struct hl_http_exchange *self = (struct hl_http_exchange *)((char *)timer - offsetof(struct hl_http_exchange, timer));
  curl_off_t delivered = find_delivered(self);
  if (delivered != self->delivered) self->moved = hl_now();
  self->delivered = delivered;
  double left = self->moved + patience(self) - hl_now();
  if (left > 0) {
    hl_timer_start(self->client->loop, timer, left);
    return;
  }
  fail_late(self);
  hl_http_finish(self, CURLE_ABORTED_BY_CALLBACK);
}

/* curl's callbacks. Those that fail leave the reason in err. */

static void count(struct hl_http_exchange *self, size_t size) {
  if (self->progress) atomic_fetch_add_explicit(&self->progress->bytes, size, memory_order_relaxed);
}

static int on_connected(void *argument, char *ip, char *local_ip, int port, int local_port) {
  struct hl_http_exchange *self = argument;
  (void)ip, (void)local_ip, (void)port, (void)local_port;
  move(self, self->body && self->body->size ? HL_HTTP_SENDING : HL_HTTP_WAITING);
  return CURL_PREREQFUNC_OK;
}

static size_t on_read(char *data, size_t one, size_t size, void *argument) {
  struct hl_http_exchange *self = argument;
  ssize_t got = hl_http_read(&self->reader, data, one * size, &self->err);
  if (got < 0) return CURL_READFUNC_ABORT;
  if (self->phase <= HL_HTTP_WAITING) move(self, self->reader.at == self->body->size ? HL_HTTP_WAITING : HL_HTTP_SENDING);
  count(self, (size_t)got);
  return (size_t)got;
}

/* A connection that was kept turned out to be closed: curl sends the body again on another. */
static int on_seek(void *argument, curl_off_t offset, int origin) {
  struct hl_http_exchange *self = argument;
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  return hl_http_rewind(&self->reader) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static size_t on_header(char *line, size_t one, size_t size, void *argument) {
  struct hl_http_exchange *self = argument;
  move(self, HL_HTTP_RECEIVING);
  return hl_http_headers_take(&self->answer.headers, line, one * size, &self->err) ? one * size : 0;
}

static bool fail_range(struct hl_http_exchange *self, long status) {
  hl_http_fail_as(&self->err, HL_HTTP, "RANGE_IGNORED", false, self->url,
                  "a range was asked for and the whole came: ask for the whole");
  self->err.status = (int)status;
  return false;
}

/* Decides at the first byte of the body who takes it. */
static bool begin_body(struct hl_http_exchange *self) {
  long status = 0;
  curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
  bool good = status >= 200 && status < 300;
  if (good && self->to && self->ranged && status != 206) return fail_range(self, status);
  self->to_sink = good && self->to;
  if ((self->to || !good) && self->limit > OTHER_LIMIT) self->limit = OTHER_LIMIT;
  return true;
}

static bool keep(struct hl_http_exchange *self, const char *data, size_t size) {
  struct hl_buffer *body = &self->answer.body;
  if (size <= self->limit - body->size) {
    errno = ENOMEM;
    return hl_buffer_add(body, data, size) || hl_fail_errno(&self->err, "http.request", NULL);
  }
  char what[96];
  snprintf(what, sizeof what, "the answer is larger than the %llu bytes allowed", (unsigned long long)self->limit);
  hl_http_fail_as(&self->err, HL_HTTP, "LIMIT", false, self->url, what);
  return false;
}

static enum hl_piped deliver(struct hl_http_exchange *self, const char *data, size_t size) {
  if (self->answer.size == 0 && !begin_body(self)) return HL_PIPE_ENDED;
  if (self->to_sink) return hl_http_sink_take(self->to, data, size, &self->err);
  return keep(self, data, size) ? HL_PIPE_TAKEN : HL_PIPE_ENDED;
}

static size_t on_write(char *data, size_t one, size_t size, void *argument) {
  struct hl_http_exchange *self = argument;
  size *= one;
  enum hl_piped piped = deliver(self, data, size);
  move(self, piped == HL_PIPE_FULL ? HL_HTTP_PAUSED : HL_HTTP_RECEIVING);
  if (piped == HL_PIPE_FULL) return CURL_WRITEFUNC_PAUSE;
  if (piped == HL_PIPE_ENDED) return 0;
  self->answer.size += size;
  hl_http_digests_update(&self->answer.digests, data, size);
  count(self, size);
  return size;
}

/* The pipe has room. What curl holds back is delivered at once, which may fail. */
static void on_room(void *argument) {
  struct hl_http_exchange *self = argument;
  if (self->phase != HL_HTTP_PAUSED) return;
  move(self, HL_HTTP_RECEIVING);
  CURLcode result = curl_easy_pause(self->easy, CURLPAUSE_CONT);
  if (result != CURLE_OK) hl_http_finish(self, result);
}

/* Options. */

static void set_common(struct hl_http_exchange *self) {
  CURL *easy = self->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
  curl_easy_setopt(easy, CURLOPT_SHARE, self->client->share);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->detail);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* else a cancelled exchange waits for its name to be looked up */
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "hilum/" HILUM_VERSION);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(self->connect_timeout * 1000));
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, self->http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
  if (self->ca) curl_easy_setopt(easy, CURLOPT_CAINFO, self->ca);
  if (self->direct) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

static void set_callbacks(struct hl_http_exchange *self) {
  CURL *easy = self->easy;
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, self);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, self);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, self);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, self);
}

static long upload_buffer(uint64_t size) {
  return size < SMALLEST_UPLOAD ? SMALLEST_UPLOAD : size > LARGEST_UPLOAD ? LARGEST_UPLOAD : (long)size;
}

static void set_request(struct hl_http_exchange *self) {
  CURL *easy = self->easy;
  curl_easy_setopt(easy, CURLOPT_URL, self->url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, self->headers);
  if (self->body) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)self->body->size);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer(self->body->size));
  }
  if (strcmp(self->method, "HEAD") == 0)
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, self->method);
}

/* Life. */

static bool prepare(struct hl_http_exchange *self) {
  errno = ENOMEM;
  if (!hl_http_digests_begin(&self->answer.digests, &self->client->hashes, self->digests)) return false;
  if (self->body && !hl_http_reader_open(&self->reader, self->body)) return false;
  self->easy = hl_http_take_handle(self->client);
  return self->easy;
}

static bool is_http(const char *url) { return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0; }

static bool begin(struct hl_http_exchange *self) {
  if (!is_http(self->url)) {
    hl_http_fail_as(&self->err, HL_USAGE, "URL", false, self->url, "a URL begins with http:// or https://");
    return false;
  }
  if (self->to && !hl_http_sink_begin(self->to, on_room, self))
    return hl_fail(&self->err, HL_USAGE, "http.request", "somebody else is writing to the sink");
  if (!prepare(self)) return hl_fail_errno(&self->err, "http.request", NULL);
  set_common(self);
  set_callbacks(self);
  set_request(self);
  return curl_multi_add_handle(self->client->multi, self->easy) == CURLM_OK ||
         hl_fail(&self->err, HL_NET, "http.request", "libcurl takes no more requests");
}

void hl_http_start(struct hl_http_client *client, struct hl_http_exchange *self) {
  self->client = client;
  self->fd = CURL_SOCKET_BAD;
  self->timer.fire = on_deadline;
  if (begin(self)) return;
  hl_http_cancel(self);
  self->ended(self);
}

void hl_http_cancel(struct hl_http_exchange *self) {
  hl_timer_stop(self->client->loop, &self->timer);
  if (self->to) hl_http_sink_end(self->to, self);
  if (self->easy) {
    curl_multi_remove_handle(self->client->multi, self->easy);
    hl_http_return_handle(self->client, self->easy);
  }
  self->easy = NULL;
  hl_http_reader_close(&self->reader);
}

static void read_answer(struct hl_http_exchange *self) {
  long status = 0, connects = 0, version = 0;
  curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(self->easy, CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(self->easy, CURLINFO_HTTP_VERSION, &version);
  self->answer.status = (int)status;
  self->answer.connected = connects > 0;
  self->answer.http2 = version == CURL_HTTP_VERSION_2_0;
}

void hl_http_finish(struct hl_http_exchange *self, CURLcode result) {
  read_answer(self);
  if (result == CURLE_OK && !self->answer.headers.complete) result = CURLE_PARTIAL_FILE; /* which curl lets pass */
  if (result != CURLE_OK && self->err.kind == HL_OK) hl_http_fail(&self->err, self->easy, result, self->url, self->detail);
  hl_http_cancel(self);
  self->ended(self);
}

void hl_http_exchange_free(struct hl_http_exchange *self) {
  hl_http_headers_free(&self->answer.headers);
  hl_buffer_free(&self->answer.body);
  hl_http_digests_end(&self->answer.digests);
}

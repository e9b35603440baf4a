/* SPDX-License-Identifier: MIT */
#include "http/failure.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void hl_http_host(const char *url, char host[HL_HTTP_HOST]) {
  const char *start = strstr(url, "://");
  start = start ? start + 3 : url;
  size_t size = strcspn(start, "/?#");
  for (const char *at; (at = memchr(start, '@', size)); start = at + 1) size -= (size_t)(at + 1 - start);
  snprintf(host, HL_HTTP_HOST, "%.*s", size < HL_HTTP_HOST ? (int)size : HL_HTTP_HOST - 1, start);
}

void hl_http_fail_as(struct hl_error *err, enum hl_kind kind, const char *code, bool retryable, const char *url,
                     const char *what) {
  char host[HL_HTTP_HOST];
  hl_http_host(url, host);
  hl_fail(err, kind, "http.request", "%s: %s", host, what);
  err->retryable = retryable;
  snprintf(err->code, sizeof err->code, "%s", code);
}

/* What is said of each result; the rest are failures of the network that may pass. */
static const struct failure {
  CURLcode result;
  enum hl_kind kind;
  const char *code; /* or the name of the system's error, where that is known */
  bool retryable;
  bool cause; /* there is one to be told behind `what`: the system's error, or curl's text */
  const char *what;
} failures[] = {
    {CURLE_URL_MALFORMAT, HL_USAGE, "URL", false, false, "is no URL that can be asked for"},
    {CURLE_UNSUPPORTED_PROTOCOL, HL_HTTP, "BAD_ANSWER", false, false,
     "what answers there does not speak HTTP: check the address"},
    {CURLE_WEIRD_SERVER_REPLY, HL_HTTP, "BAD_ANSWER", false, true, "the answer is not HTTP, or broken"},
    {CURLE_COULDNT_RESOLVE_HOST, HL_NET, "RESOLVE", true, false, "no such name: check how it is spelled, and the network"},
    {CURLE_COULDNT_RESOLVE_PROXY, HL_NET, "RESOLVE", true, true,
     "its proxy's name is not known: check http_proxy and https_proxy"},
    {CURLE_COULDNT_CONNECT, HL_NET, "CONNECT", true, true, "no connection: check the address, and that a server runs there"},
    {CURLE_OPERATION_TIMEDOUT, HL_TIMEOUT, "CONNECT_TIMEOUT", true, false,
     "no connection in time: check the address and the network"},
    {CURLE_GOT_NOTHING, HL_NET, "EMPTY_ANSWER", true, false, "the connection was closed without an answer"},
    {CURLE_PARTIAL_FILE, HL_NET, "TRUNCATED", true, false, "the connection was closed before the end of the answer"},
    {CURLE_SEND_ERROR, HL_NET, "BROKEN", true, true, "the connection broke while the request was sent"},
    {CURLE_RECV_ERROR, HL_NET, "BROKEN", true, true, "the connection broke while the answer came"},
    {CURLE_PEER_FAILED_VERIFICATION, HL_TLS, "CERTIFICATE", false, true,
     "its certificate is not trusted: if its authority is a private one, name that in AWS_CA_BUNDLE"},
    {CURLE_SSL_CACERT_BADFILE, HL_TLS, "CA_FILE", false, true, "the certificates to trust cannot be read: check AWS_CA_BUNDLE"},
    {CURLE_SSL_CONNECT_ERROR, HL_TLS, "TLS", true, true, "no TLS connection"},
    /* For a header line of more than 100 KiB; memory does not run out. */
    {CURLE_OUT_OF_MEMORY, HL_HTTP, "HEADERS", false, false, "a header of the answer is longer than libcurl takes"},
};

static const struct failure *find(CURLcode result) {
  static const struct failure other = {CURLE_OK, HL_NET, "BROKEN", true, true, "the exchange failed"};
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
    if (failures[i].result == result) return &failures[i];
  return &other;
}

/* The system's error behind a failure, or 0. A handle remembers those of earlier exchanges too: one that was read or sent counts
 * if curl's text tells it. */
static int find_errno(CURL *easy, CURLcode result, const char *detail) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  bool fresh = result == CURLE_COULDNT_CONNECT || (number && strstr(detail, strerror((int)number)));
  return fresh ? (int)number : 0;
}

/* Proxies. curl names one only where it connected to it, or tried to. */

enum { ENDPOINT = HL_HTTP_HOST + 8 }; /* "host:port" */

static void write_endpoint(const char *host, const char *port, char endpoint[ENDPOINT]) {
  snprintf(endpoint, ENDPOINT, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static void find_target(const char *url, char endpoint[ENDPOINT]) {
  char host[HL_HTTP_HOST];
  hl_http_host(url, host);
  const char *bracket = strrchr(host, ']');
  bool has_port = strchr(bracket ? bracket : host, ':');
  snprintf(endpoint, ENDPOINT, "%s%s", host, has_port ? "" : strncasecmp(url, "https:", 6) == 0 ? ":443" : ":80");
}

/* Where a connection was tried that did not come about, if that is not where url leads. */
static bool find_proxy(const char *url, const char *detail, char proxy[ENDPOINT]) {
  char host[HL_HTTP_HOST], port[6], target[ENDPOINT];
  if (sscanf(detail, "Failed to connect to %299s port %5[0-9]", host, port) != 2) return false;
  write_endpoint(host, port, proxy);
  find_target(url, target);
  return strcasecmp(proxy, target) != 0;
}

static bool fail_tunnel(struct hl_error *err, CURL *easy, const char *url) {
  long status = 0, number = 0;
  char *ip = NULL, port[6], proxy[ENDPOINT], what[ENDPOINT + 96];
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  if (status < 300) return false;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &number);
  snprintf(port, sizeof port, "%u", (unsigned)number & 0xffff);
  write_endpoint(ip ? ip : "", port, proxy);
  snprintf(what, sizeof what, "its proxy %s refuses the connection (status %ld): check https_proxy and no_proxy", proxy, status);
  hl_http_fail_as(err, HL_NET, "PROXY", status >= 500, url, what);
  err->status = (int)status;
  return true;
}

void hl_http_fail(struct hl_error *err, CURL *easy, CURLcode result, const char *url, const char *detail) {
  if (fail_tunnel(err, easy, url)) return;
  const struct failure *failure = find(result);
  int number = failure->cause ? find_errno(easy, result, detail) : 0;
  const char *name = number ? strerrorname_np(number) : NULL;
  const char *cause = number ? strerror(number) : *detail ? detail : curl_easy_strerror(result);
  char what[ENDPOINT + 400], proxy[ENDPOINT];
  if (find_proxy(url, detail, proxy))
    snprintf(what, sizeof what, "no connection to its proxy %s: check http_proxy, https_proxy and no_proxy (%.300s)", proxy,
             cause);
  else
    snprintf(what, sizeof what, failure->cause ? "%s (%.300s)" : "%s", failure->what, cause);
  hl_http_fail_as(err, failure->kind, name ? name : failure->code, failure->retryable, url, what);
  err->status = number;
}

/* SPDX-License-Identifier: MIT
 *
 * What curl reports, in the words of core/error.h.
 */
#ifndef HILUM_HTTP_FAILURE_H
#define HILUM_HTTP_FAILURE_H

#include <curl/curl.h>

#include "core/error.h"

enum { HL_HTTP_HOST = 300 };

/* "host:port" of a URL, without what may be secret in it, and a NUL. */
void hl_http_host(const char *url, char host[HL_HTTP_HOST]);

/* Fills err for an exchange with url that ended in result; detail is curl's own text. */
void hl_http_fail(struct hl_error *err, CURL *easy, CURLcode result, const char *url, const char *detail);

/* Fills err with a failure of the given kind and code: "host: what". */
void hl_http_fail_as(struct hl_error *err, enum hl_kind kind, const char *code, bool retryable, const char *url,
                     const char *what);

#endif

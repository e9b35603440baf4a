/* SPDX-License-Identifier: MIT
 *
 * The dates that AWS writes and reads. Seconds since 1970, UTC. Any thread.
 */
#ifndef HILUM_SIGV4_DATE_H
#define HILUM_SIGV4_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sigv4/slice.h"

enum { HL_DATE_SIZE = 16, HL_DAY_SIZE = 8 };
#define HL_DATE_LAST INT64_C(253402300799) /* the end of the year 9999 */

/* "20150830T123600Z", without a NUL. time is in 0..HL_DATE_LAST. */
void hl_date_write(int64_t time, char date[HL_DATE_SIZE]);

/* "Sun, 30 Aug 2015 12:36:00 GMT" (RFC 9110), "2015-08-30T12:36:00.000Z" (ISO 8601; what follows the seconds is not read) or
 * "20150830T123600Z". False: none of these. */
bool hl_date_read(struct hl_slice text, int64_t *time);

#endif

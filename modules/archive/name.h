/* SPDX-License-Identifier: MIT
 *
 * Names of members: which may become names of files and objects.
 */
#ifndef HILUM_ARCHIVE_NAME_H
#define HILUM_ARCHIVE_NAME_H

#include <stddef.h>

enum { HL_NAME_MAX = 1024 }; /* bytes, as S3 has it */

/* Why the name must not be used, or NULL. Refused are names that are empty ("." too), too long, absolute, that contain "..",
 * control characters (POSIX and Unicode's C1) or what is not UTF-8 (RFC 3629). */
const char *hl_name_refusal(const char *name);

/* Writes name without "." and empty components ("./a//b" becomes "a/b") to clean, which may be name itself and has room for it.
 */
void hl_name_clean(const char *name, char *clean);

#endif

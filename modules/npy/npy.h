/* SPDX-License-Identifier: MIT
 *
 * Matrices in NumPy's .npy files: float32 in C order when written, anything that NumPy writes when read. Any thread.
 */
#ifndef HILUM_NPY_NPY_H
#define HILUM_NPY_NPY_H

#include "core/matrix.h"
#include "npy/header.h"

/* op is the Lua name for errors, which name the path too. */

bool hl_npy_info(const char *op, const char *path, struct hl_npy_info *info, struct hl_error *err);

/* Reads a file into a new matrix. More bytes than the header tells of are ignored (an append that was cut short). */
bool hl_npy_read(const char *op, const char *path, struct hl_matrix *m, struct hl_error *err);

/* For rows and at below: what the header says. */
#define HL_NPY_ALL SIZE_MAX

/* Maps the first rows of a file of little-endian float32 in C order whose data begin on a multiple of 64, as hl_npy_write and
 * NumPy make them. Another process may be adding to the file behind these rows, or cutting off what it had added. */
bool hl_npy_map(const char *op, const char *path, size_t rows, struct hl_matrix *m, struct hl_error *err);

/* Tells the system that few rows of a mapped matrix are read, here and there: it reads those from the disk and not what is near
 * them, which can be megabytes for each. */
void hl_npy_expect_few(const struct hl_matrix *m);

/* Writes a file that is there whole or not at all. */
bool hl_npy_write(const char *op, const char *path, const struct hl_matrix *m, struct hl_error *err);

/* Adds the rows of m to a file that hl_npy_write has made, or makes it. The data are on the disk before the header tells of them,
 * and the header is rewritten in place, so that a crash leaves the file as it was but for bytes behind its end, which the next
 * append overwrites. The rows go behind the first `at` ones; those that follow are cut off. One process at a time. */
bool hl_npy_append(const char *op, const char *path, size_t at, const struct hl_matrix *m, struct hl_error *err);

#endif

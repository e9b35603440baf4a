/* SPDX-License-Identifier: MIT
 *
 * Numbers of any .npy type as float32. Any thread.
 */
#ifndef HILUM_NPY_CONVERT_H
#define HILUM_NPY_CONVERT_H

#include "npy/header.h"

/* Converts count numbers from bytes (any alignment) to consecutive floats. 8-byte numbers and large integers are rounded. */
void hl_npy_convert(const struct hl_npy_info *info, const uint8_t *bytes, size_t count, float *to);

/* Turns a cols x rows matrix (how Fortran order lies in the file) into the rows x cols one. */
void hl_npy_transpose(const float *from, size_t rows, size_t cols, float *to);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The header parser; and the conversion of what follows, as far as it is there.
 */
#include <stdlib.h>

#include "npy/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct hl_npy_info info;
  if (!hl_npy_parse(data, size, &info, NULL)) return 0;
  if (info.offset > size) abort();
  if (hl_npy_size(&info) > size - info.offset) return 0;
  float *numbers = malloc((info.rows * info.cols + 1) * sizeof *numbers);
  hl_npy_convert(&info, data + info.offset, info.rows * info.cols, numbers);
  free(numbers);
  return 0;
}

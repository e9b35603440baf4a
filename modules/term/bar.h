/* SPDX-License-Identifier: MIT
 *
 * What a progress display says, as text. Any thread.
 */
#ifndef HILUM_TERM_BAR_H
#define HILUM_TERM_BAR_H

#include <stddef.h>
#include <stdint.h>

struct hl_bar {
  const char *label, *unit; /* unit may be empty */
  uint64_t done, failed, bytes;
  uint64_t total; /* 0: not known */
  double seconds; /* since it began */
};

/* Both write a line without its end into room bytes, and cut it if it does not fit. */

/* With a bar, at most `columns` wide: check [=====     ] 1,234/5,000 images  812/s  0:05 left  3 failed */
void hl_bar_draw(char *line, size_t room, const struct hl_bar *bar, size_t columns);

/* In words, for a log: check: 1,234 of 5,000 images, 812/s, 0:05 left, 3 failed. Finished: check: 5,000 images in 6.2 s, 812/s.
 */
void hl_bar_tell(char *line, size_t room, const struct hl_bar *bar, int finished);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Whether a PNG is whole, without making pixels: the memory needed is that of the file and a window, whatever size IHDR claims.
 */
#include "image/png.h"

#include <string.h>

/* Fits the L2 cache of any processor: larger windows are no faster (measured). */
enum { WINDOW = 1 << 18 };

static void describe(const struct hl_png_header *header, struct hl_report *report) {
  static const char *const modes[] = {[HL_PNG_GRAY] = "gray",
                                      [HL_PNG_RGB] = "rgb",
                                      [HL_PNG_PALETTE] = "palette",
                                      [HL_PNG_GRAY_ALPHA] = "gray+alpha",
                                      [HL_PNG_RGBA] = "rgba"};
  report->format = "png";
  if (!header->width) return;
  report->width = header->width;
  report->height = header->height;
  report->bits = header->depth;
  report->channels = hl_png_samples(header->color);
  report->mode = modes[header->color];
}

bool hl_png_info(const uint8_t *bytes, size_t size, struct hl_report *report, struct hl_error *err) {
  struct hl_png_header header;
  bool is_read = hl_png_read_header(bytes, size, &header, err);
  describe(&header, report);
  return is_read;
}

static void warn(const struct hl_png *png, struct hl_report *report) {
  const struct hl_png_header *header = &png->header;
  if (header->color == HL_PNG_RGBA)
    hl_report_warning(report, "rgba", "it has four channels, red green blue alpha, of which models see three");
  else if (header->color == HL_PNG_GRAY_ALPHA || png->transparency)
    hl_report_warning(report, "alpha", "it has transparency, which models do not see");
  if (header->depth == 16) hl_report_warning(report, "deep", "it has 16 bits a sample, of which models see 8");
  if (header->interlace) hl_report_warning(report, "interlaced", "it is interlaced: larger and slower to read");
  hl_notes_warn(&png->notes, report);
}

/* A file cut off between two chunks lacks the end of its data and IEND: that is one defect. */
static void report_data(const struct hl_png *png, const struct hl_error *err, struct hl_report *report) {
  if (!png->has_end && strcmp(err->code, "short-data") == 0)
    hl_report_problem(report, "truncated", "the file ends after IDAT %zu: %s", png->data_chunks, err->message);
  else
    hl_report_defect(report, err);
}

void hl_png_check(const uint8_t *bytes, size_t size, bool container_only, struct hl_scratch *scratch, struct hl_report *report) {
  struct hl_png png;
  struct hl_error err = {0};
  bool is_open = hl_png_open(bytes, size, container_only ? NULL : scratch, &png, &err);
  describe(&png.header, report);
  if (!is_open) {
    hl_report_defect(report, &err);
    return;
  }
  if (!hl_png_plausible(&png, &err) || (!container_only && !hl_png_inflate_rows(&png, WINDOW, scratch, &err)))
    report_data(&png, &err, report);
  else if (!png.has_end)
    hl_report_problem(report, "missing-iend", "the file ends after IDAT %zu, without IEND", png.data_chunks);
  if (png.trailing) hl_report_problem(report, "trailing-bytes", "%zu bytes follow IEND, the end of the image", png.trailing);
  warn(&png, report);
}

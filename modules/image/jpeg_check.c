/* SPDX-License-Identifier: MIT */
#include "image/jpeg.h"

static void describe(const struct hl_jpeg *jpeg, struct hl_report *report) {
  static const char *const modes[] = {"gray", "rgb", "cmyk", "cmyk", NULL};
  report->format = "jpeg";
  if (!jpeg->components) return;
  report->width = jpeg->width;
  report->height = jpeg->height;
  report->bits = jpeg->bits;
  report->channels = jpeg->components;
  report->mode = modes[jpeg->color];
}

/* An eighth of the size reads every code of the file and saves most of the arithmetic. */
void hl_jpeg_check(const uint8_t *bytes, size_t size, bool container_only, struct hl_report *report) {
  struct hl_jpeg jpeg;
  struct hl_image image = {0};
  struct hl_error err;
  bool is_open = hl_jpeg_open(bytes, size, &jpeg, &err);
  describe(&jpeg, report);
  bool is_sound = is_open && (container_only || hl_jpeg_decode(bytes, size, &jpeg, HL_IMAGE_GRAY, 1, &image, &err));
  if (!is_sound) hl_report_defect(report, &err);
  hl_image_free(&image);
  if (jpeg.trailing) hl_report_problem(report, "trailing-bytes", "%zu bytes follow EOI, the end of the image", jpeg.trailing);
  if (jpeg.is_progressive) hl_report_warning(report, "progressive", "it is progressive, which some services do not take");
  if (jpeg.is_arithmetic) hl_report_warning(report, "arithmetic", "it has arithmetic coding, which few programs read");
  hl_notes_warn(&jpeg.notes, report);
}

bool hl_jpeg_info(const uint8_t *bytes, size_t size, struct hl_report *report, struct hl_error *err) {
  struct hl_jpeg jpeg;
  bool is_open = hl_jpeg_open(bytes, size, &jpeg, err);
  describe(&jpeg, report);
  return is_open || jpeg.components;
}

/* SPDX-License-Identifier: MIT */
#include "image/sniff.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "image/report.h"

struct magic {
  const char *name;
  size_t offset, length;
  const char *bytes;
};

/* To name one more kind of file that is found among images: its first bytes here. */
static const struct magic magics[] = {
    {"a GIF image", 0, 4, "GIF8"},          {"a TIFF image", 0, 4, "II*\0"},
    {"a TIFF image", 0, 4, "MM\0*"},        {"a BMP image", 0, 2, "BM"},
    {"a WebP image", 8, 4, "WEBP"},         {"a JPEG 2000 image", 4, 4, "jP  "},
    {"a HEIF or AVIF image", 4, 4, "ftyp"}, {"a PDF document", 0, 5, "%PDF-"},
    {"a zip archive", 0, 4, "PK\3\4"},      {"a gzip file", 0, 2, "\x1f\x8b"},
    {"a NIfTI image", 344, 4, "n+1\0"},     {"an NRRD image", 0, 4, "NRRD"},
};

static bool matches(const uint8_t *bytes, size_t size, size_t offset, const char *wanted, size_t length) {
  return size >= offset + length && memcmp(bytes + offset, wanted, length) == 0;
}

static bool is_markup(const uint8_t *bytes, size_t size) {
  static const char *const openings[] = {"<!doctype", "<html", "<?xml", "<head", "<body", "<error"};
  if (matches(bytes, size, 0, "\xEF\xBB\xBF", 3)) bytes += 3, size -= 3;
  while (size && isspace(*bytes)) bytes++, size--;
  for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
    if (size >= strlen(openings[i]) && strncasecmp((const char *)bytes, openings[i], strlen(openings[i])) == 0) return true;
  return false;
}

size_t hl_zero_tail(const uint8_t *bytes, size_t size) {
  size_t zeros = 0;
  while (zeros < size && bytes[size - 1 - zeros] == 0) zeros++;
  return zeros;
}

static bool refuse(const uint8_t *bytes, size_t size, struct hl_error *err) {
  if (size == 0) return hl_defect(err, "empty", "the file is empty");
  if (matches(bytes, size, 128, "DICM", 4))
    return hl_defect(err, "dicom",
                     "it is a DICOM file: hilum reads PNG and JPEG; export it, without the patient's name, "
                     "with dcm2img or dcmj2pnm of DCMTK, or with gdcm2pnm");
  if (is_markup(bytes, size)) return hl_defect(err, "html", "it is a web page or XML, perhaps the error of a failed download");
  if (hl_zero_tail(bytes, size) == size) return hl_defect(err, "zero-tail", "all %zu bytes are zero", size);
  for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
    if (matches(bytes, size, magics[i].offset, magics[i].bytes, magics[i].length))
      return hl_defect(err, "not-an-image", "it is %s: hilum reads PNG and JPEG", magics[i].name);
  return hl_defect(err, "not-an-image", "it is neither PNG nor JPEG: it begins with %02x %02x %02x %02x", bytes[0],
                   size > 1 ? bytes[1] : 0, size > 2 ? bytes[2] : 0, size > 3 ? bytes[3] : 0);
}

/* Four bytes of the PNG signature are enough: the other four are there to be damaged. */
bool hl_sniff(const uint8_t *bytes, size_t size, enum hl_format *format, struct hl_error *err) {
  if (matches(bytes, size, 0, "\x89PNG", 4))
    *format = HL_PNG;
  else if (matches(bytes, size, 0, "\xFF\xD8\xFF", 3))
    *format = HL_JPEG;
  else
    return refuse(bytes, size, err);
  return true;
}

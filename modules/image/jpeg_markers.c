/* SPDX-License-Identifier: MIT
 *
 * The marker segments (T.81, annex B): what kind of JPEG it is, and whether it is all there. Entropy-coded data are skipped.
 */
#include <string.h>

#include "image/jpeg.h"

enum {
  SOF0 = 0xC0,
  SOF15 = 0xCF,
  DHT = 0xC4,
  JPG = 0xC8,
  DAC = 0xCC,
  RST0 = 0xD0,
  RST7 = 0xD7,
  SOI = 0xD8,
  EOI = 0xD9,
  SOS = 0xDA,
  APP1 = 0xE1,
  APP13 = 0xED,
  APP14 = 0xEE,
  COM = 0xFE,
  TEM = 0x01,
  NO_TRANSFORM = -1
};

struct walk {
  const uint8_t *bytes;
  size_t size, at;
  int transform; /* of Adobe's APP14, or NO_TRANSFORM */
};

static unsigned read_u16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

static bool is_frame_header(unsigned marker) {
  return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static bool has_segment(unsigned marker) { return marker != TEM && !(marker >= RST0 && marker <= SOI); }

static bool take_frame(unsigned marker, const uint8_t *data, size_t length, struct hl_jpeg *jpeg, struct hl_error *err) {
  if (jpeg->components) return hl_defect(err, "header", "there are two frame headers (SOF)");
  if (length < 6 || length < 6 + 3u * data[5]) return hl_defect(err, "header", "the frame header (SOF) is too short");
  jpeg->bits = data[0];
  jpeg->height = read_u16(data + 1);
  jpeg->width = read_u16(data + 3);
  jpeg->components = data[5];
  jpeg->is_progressive = (marker & 3) == 2;
  jpeg->is_arithmetic = marker > JPG;
  if (!jpeg->width || !jpeg->height || !jpeg->components)
    return hl_defect(err, "header", "the frame header says %u x %u pixels of %u components", jpeg->width, jpeg->height,
                     jpeg->components);
  return true;
}

static enum hl_jpeg_color find_color(unsigned components, int transform) {
  switch (components) {
  case 1: return HL_JPEG_GRAY;
  case 3: return HL_JPEG_COLOR;
  case 4: return transform == 2 ? HL_JPEG_YCCK : HL_JPEG_CMYK;
  default: return HL_JPEG_OTHER;
  }
}

static bool begins_with(const uint8_t *data, size_t length, const char *text) {
  return length >= strlen(text) && memcmp(data, text, strlen(text)) == 0;
}

static void take_adobe(struct walk *walk, const uint8_t *data, size_t length) {
  if (length >= 12 && begins_with(data, length, "Adobe")) walk->transform = data[11];
}

/* Exif, XMP, the IPTC record in Photoshop's segment, and the comment. */
static void take_note(unsigned marker, const uint8_t *data, size_t length, struct hl_notes *notes) {
  const char *kind = marker == COM                                                            ? "COM"
                     : marker == APP1 && begins_with(data, length, "Exif")                    ? "Exif"
                     : marker == APP1 && begins_with(data, length, "http://ns.adobe.com/xap") ? "XMP"
                     : marker == APP13                                                        ? "IPTC"
                                                                                              : NULL;
  if (kind) hl_notes_add(notes, kind, NULL, 0, length);
}

/* From within entropy-coded data to the next marker that is neither a stuffed zero nor a restart. */
static void skip_scan(struct walk *walk) {
  const uint8_t *p = walk->bytes + walk->at, *end = walk->bytes + walk->size;
  while ((p = memchr(p, 0xFF, (size_t)(end - p))) && p + 1 < end) {
    if (p[1] != 0 && p[1] != 0xFF && !(p[1] >= RST0 && p[1] <= RST7)) {
      walk->at = (size_t)(p - walk->bytes);
      return;
    }
    p++;
  }
  walk->at = walk->size;
}

/* The next marker, past its fill bytes; 0 at the end of the file. */
static bool read_marker(struct walk *walk, unsigned *marker, struct hl_error *err) {
  size_t from = walk->at;
  while (walk->at < walk->size && walk->bytes[walk->at] == 0xFF) walk->at++;
  *marker = walk->at < walk->size ? walk->bytes[walk->at] : 0;
  if (walk->at < walk->size && (walk->at++ == from || *marker == 0))
    return hl_defect(err, "jpeg-corrupt", "there is no marker at offset %zu, where one should be", from);
  return true;
}

static bool read_segment(struct walk *walk, unsigned marker, struct hl_jpeg *jpeg, struct hl_error *err) {
  size_t left = walk->size - walk->at, length = left < 2 ? 2 : read_u16(walk->bytes + walk->at);
  if (left < length)
    return hl_defect(err, "jpeg-truncated", "the file ends after %zu bytes, in the segment of marker FF%02X", walk->size, marker);
  if (length < 2) return hl_defect(err, "jpeg-corrupt", "the segment of marker FF%02X has length %zu", marker, length);
  const uint8_t *data = walk->bytes + walk->at + 2;
  walk->at += length;
  length -= 2;
  if (is_frame_header(marker) && !take_frame(marker, data, length, jpeg, err)) return false;
  if (marker == APP14) take_adobe(walk, data, length);
  take_note(marker, data, length, &jpeg->notes);
  if (marker == SOS) {
    jpeg->scans++;
    skip_scan(walk);
  }
  return true;
}

static bool walk_markers(struct walk *walk, struct hl_jpeg *jpeg, struct hl_error *err) {
  unsigned marker;
  do {
    if (!read_marker(walk, &marker, err)) return false;
    if (marker == EOI) {
      jpeg->has_end = true;
      jpeg->trailing = walk->size - walk->at;
    } else if (marker && has_segment(marker) && !read_segment(walk, marker, jpeg, err))
      return false;
  } while (marker && marker != EOI);
  return true;
}

bool hl_jpeg_open(const uint8_t *bytes, size_t size, struct hl_jpeg *jpeg, struct hl_error *err) {
  struct walk walk = {bytes, size, 0, NO_TRANSFORM};
  *jpeg = (struct hl_jpeg){0};
  bool is_walked = walk_markers(&walk, jpeg, err);
  if (jpeg->components) jpeg->color = find_color(jpeg->components, walk.transform);
  if (!is_walked) return false;
  if (jpeg->scans) {
    if (jpeg->components) return true;
    return hl_defect(err, "header", "there is no frame header (SOF) before the first scan");
  }
  return hl_defect(err, jpeg->has_end ? "jpeg-corrupt" : "jpeg-truncated", "there is no scan (SOS), so there are no pixels");
}

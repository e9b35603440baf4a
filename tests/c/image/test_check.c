/* SPDX-License-Identifier: MIT
 *
 * One file for each defect that image.check names: it is found, by its name, and nothing else is said about it.
 */
#include "../check.h"

#include "image/check.h"
#include "image/decode.h"
#include "make.h"

static const struct hl_limits no_limits;
static const struct hl_png_header gray = {200, 150, 8, HL_PNG_GRAY, 0};

static struct hl_scratch scratch;

static struct hl_report check(const char *name, struct file file, const struct hl_limits *limits) {
  struct hl_report report = {0};
  hl_image_check_bytes(name, guard_copy(file.data, file.size), file.size, limits, &scratch, &report);
  CHECK(!report.out_of_memory);
  return report;
}

/* The codes of the problems, then those of the warnings after a |, joined by blanks. */
static const char *codes(const struct hl_report *report) {
  static char text[256];
  text[0] = 0;
  for (int is_warning = 0; is_warning < 2; is_warning++)
    for (size_t i = 0; i < report->count; i++)
      if (report->findings[i].is_warning == is_warning)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                 is_warning ? "|"
                 : *text    ? " "
                            : "",
                 report->findings[i].code);
  return text;
}

static void expect_named(const char *name, struct file file, const char *wanted) {
  struct hl_report report = check(name, file, &no_limits);
  CHECK_EQ_STR(codes(&report), wanted);
  for (size_t i = 0; i < report.count; i++)
    CHECK(strlen(report.findings[i].message) > 10 && !strchr(report.findings[i].message, '\n'));
  hl_report_free(&report);
  /* What the check finds a problem with is not decoded, bytes after the end excepted. */
  struct hl_image image = {0};
  struct hl_error err;
  bool is_decoded = hl_image_decode(file.data, file.size, HL_IMAGE_NATIVE, &scratch, &image, &err);
  CHECK(is_decoded ==
        (!*wanted || *wanted == '|' || strncmp(wanted, "trailing", 8) == 0 || strcmp(wanted, "wrong-extension") == 0));
  hl_image_free(&image);
}

static void expect(struct file file, const char *wanted) { expect_named(NULL, file, wanted); }

static struct file text(const char *string) { return (struct file){(uint8_t *)(uintptr_t)string, strlen(string)}; }

static struct file copy(struct file file, size_t size) {
  struct file result = {0};
  add_bytes(&result, file.data, size);
  return result;
}

static struct file flip(struct file file, size_t at) {
  struct file result = copy(file, file.size);
  result.data[at] ^= 1;
  return result;
}

/* A gray PNG with that stream as its only IDAT. */
static struct file wrap(struct file stream) {
  struct file file;
  begin_png(&file, gray);
  add_data(&file, stream, stream.size);
  add_chunk(&file, "IEND", NULL, 0);
  return file;
}

static struct file deflated(struct file raw) { return deflate_bytes(raw.data, raw.size); }

static void test_container(struct file raw) {
  struct file good = make_png(gray, raw, 1000);
  expect(good, "");
  expect(copy(good, good.size / 2), "truncated");
  expect(copy(good, 20), "truncated");
  expect(copy(good, 6), "truncated");
  expect(copy(good, good.size - 5), "truncated");
  expect(copy(good, good.size - 12), "missing-iend");
  expect(copy(good, 33 + 2 * 1012), "truncated");
  expect(copy(good, 33), "truncated");
  expect(flip(good, good.size / 2), "crc");
  expect(flip(good, 20), "crc");
  expect(flip(good, 5), "header");
  struct file longer = copy(good, good.size);
  add_bytes(&longer, "more", 4);
  expect(longer, "trailing-bytes");
  struct file padded = copy(good, good.size);
  add_bytes(&padded, (uint8_t[200]){0}, 200);
  expect(padded, "trailing-bytes");
  struct file zeroed = copy(good, good.size);
  memset(zeroed.data + good.size / 3, 0, good.size - good.size / 3);
  expect(zeroed, "zero-tail");
}

/* The message is what a person acts on: which chunk, and both sums. */
static void test_message(struct file raw) {
  struct file bad = flip(make_png(gray, raw, 1000), 33 + 2 * 1012 + 500);
  struct hl_report report = check(NULL, bad, &no_limits);
  CHECK(report.count == 1 && strncmp(report.findings[0].message, "IDAT 3 has CRC ", 15) == 0);
  CHECK(strstr(report.findings[0].message, ", should be ") != NULL);
  hl_report_free(&report);
}

static void test_chunks(struct file stream) {
  struct file file;
  begin_png(&file, gray);
  add_chunk(&file, "IEND", NULL, 0);
  expect(file, "short-data");
  begin_png(&file, gray);
  add_chunk(&file, "IDAT", stream.data, 100);
  add_chunk(&file, "tEXt", "k\0v", 3);
  add_chunk(&file, "IDAT", stream.data + 100, stream.size - 100);
  add_chunk(&file, "IEND", NULL, 0);
  expect(file, "chunk");
  begin_png(&file, gray);
  add_chunk(&file, "QQQQ", "?", 1);
  expect(file, "chunk");
  begin_png(&file, gray);
  add_chunk(&file, "qqQq", "?", 1);
  add_data(&file, stream, 100);
  add_chunk(&file, "IEND", NULL, 0);
  expect(file, "");
  begin_png(&file, gray);
  add_chunk(&file, "IHDR", "\0\0\0\1\0\0\0\1\b\0\0\0", 13);
  expect(file, "chunk");
  begin_png(&file, (struct hl_png_header){8, 8, 8, HL_PNG_PALETTE, 0});
  add_chunk(&file, "IDAT", stream.data, stream.size);
  expect(file, "chunk");
  begin_png(&file, (struct hl_png_header){0, 8, 8, HL_PNG_GRAY, 0});
  expect(file, "header");
}

static void test_data(struct file raw) {
  struct file stream = deflated(raw);
  struct file bad_adler = flip(stream, stream.size - 1), bad_header = flip(stream, 0);
  expect(wrap(bad_adler), "adler");
  expect(wrap(bad_header), "deflate");
  struct file bad_block = copy(stream, stream.size);
  bad_block.data[2] |= 6; /* block type 3 */
  expect(wrap(bad_block), "deflate");
  expect(wrap(copy(stream, stream.size / 2)), "short-data");
  expect(wrap(copy(stream, stream.size - 4)), "short-data");
  expect(wrap(copy(stream, 1)), "short-data");
  struct file more = copy(stream, stream.size);
  add_bytes(&more, "xyz", 3);
  expect(wrap(more), "extra-data");
  expect(wrap(deflated((struct file){raw.data, raw.size - 201 * 10})), "short-data");
  struct file longer = copy(raw, raw.size);
  add_bytes(&longer, raw.data, 201);
  expect(wrap(deflated(longer)), "extra-data");
  struct file filter7 = copy(raw, raw.size);
  filter7.data[201 * 100] = 7;
  expect(wrap(deflated(filter7)), "filter");
  /* A damaged stream that also yields a bad filter is told by its cause. */
  struct file both = deflated(filter7);
  expect(wrap(flip(both, both.size - 1)), "adler");
}

/* Larger than the window of the check, so that its borders fall anywhere in the rows. */
static void test_windows(void) {
  struct hl_png_header header = {1999, 1501, 8, HL_PNG_RGB, 0};
  for (header.interlace = 0; header.interlace < 2; header.interlace++) {
    struct file raw = random_rows(header);
    expect(make_png(header, raw, 8192), header.interlace ? "|interlaced" : "");
    size_t row = hl_png_raw_size(&header) - (header.interlace ? 1u : 3u) * (1 + 1999 * 3);
    raw.data[row] = 9;
    expect(make_png(header, raw, 8192), header.interlace ? "filter|interlaced" : "filter");
  }
}

static void test_foreign(void) {
  uint8_t dicom[400] = "ISO_IR 100", zeros[300] = {0};
  memcpy(dicom + 128, "DICM", 4);
  expect((struct file){dicom, 400}, "dicom");
  expect((struct file){zeros, 300}, "zero-tail");
  expect((struct file){zeros, 0}, "empty");
  expect_named("x.png", text("\n <!DOCTYPE html><html>not found</html>"), "html");
  expect(text("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), "html");
  expect(text("GIF89a..."), "not-an-image");
  expect(text("hello, world"), "not-an-image");
  expect(text("x"), "not-an-image");
}

static void test_warnings(void) {
  for (uint8_t color = 4; color <= 6; color = (uint8_t)(color + 2)) {
    struct hl_png_header header = {20, 20, 16, color, 1};
    expect(make_png(header, random_rows(header), 99), color == 4 ? "|alpha|deep|interlaced" : "|rgba|deep|interlaced");
  }
}

/* A whole PNG with one more chunk before its data. */
static struct file png_with(const char *name, const char *data, size_t size) {
  struct file file, raw = random_rows(gray);
  begin_png(&file, gray);
  add_chunk(&file, name, data, size);
  add_data(&file, deflate_bytes(raw.data, raw.size), 5000);
  add_chunk(&file, "IEND", NULL, 0);
  return file;
}

/* A whole JPEG with one more segment behind SOI. */
static struct file jpeg_with(uint8_t marker, const char *data, size_t size) {
  struct file good = make_jpeg((struct jpeg_kind){1, JCS_GRAYSCALE, false}, 64, 64), file = {0};
  add_bytes(&file, good.data, 2);
  add_bytes(&file, (uint8_t[]){0xFF, marker, 0, (uint8_t)(size + 2)}, 4);
  add_bytes(&file, data, size);
  add_bytes(&file, good.data + 2, good.size - 2);
  return file;
}

#define LITERAL(text) text, sizeof(text) - 1

static void test_notes(void) {
  expect(png_with("tEXt", LITERAL("PatientName\0DOE^JANE")), "|text");
  expect(png_with("zTXt", LITERAL("Comment\0\0xyz")), "|text");
  expect(png_with("iTXt", LITERAL("no end of the keyword")), "|text");
  expect(png_with("eXIf", LITERAL("MM\0*")), "|text");
  expect(png_with("tEXt", NULL, 0), "|text");
  expect(png_with("tEXt", LITERAL("Software\0gimp")), "");
  expect(png_with("pHYs", LITERAL("123456789")), "");
  expect(jpeg_with(0xE1, LITERAL("Exif\0\0MM")), "|text");
  expect(jpeg_with(0xE1, LITERAL("http://ns.adobe.com/xap/1.0/\0<x/>")), "|text");
  expect(jpeg_with(0xED, LITERAL("Photoshop 3.0")), "|text");
  expect(jpeg_with(0xFE, LITERAL("")), "|text");
  expect(jpeg_with(0xE1, LITERAL("other")), "");
  struct file twice = png_with("tEXt", LITERAL("Patient\nName\0x"));
  struct hl_report report = check(NULL, twice, &no_limits);
  CHECK(strstr(report.findings[0].message, "tEXt Patient;") != NULL);
  hl_report_free(&report);
}

static void test_bombs(void) {
  struct hl_png_header large = {30000, 30000, 8, HL_PNG_GRAY, 0}, huge = {100000, 100000, 16, HL_PNG_RGBA, 1};
  struct file zeros = {calloc(1 << 20, 1), 1 << 20};
  expect(make_png(large, zeros, 8192), "bomb");
  expect(make_png(huge, zeros, 8192), "bomb|rgba|deep|interlaced");
  struct hl_png_header hollow = {16000, 16000, 8, HL_PNG_GRAY, 0};
  expect(make_png(hollow, (struct file){zeros.data, 5000}, 8192), "short-data");
  CHECK(scratch.rows.capacity < 16 << 20);
}

static void test_jpeg(void) {
  struct file good = make_jpeg((struct jpeg_kind){1, JCS_GRAYSCALE, false}, 200, 160);
  struct file color = make_jpeg((struct jpeg_kind){3, JCS_RGB, false}, 201, 133);
  struct file progressive = make_jpeg((struct jpeg_kind){3, JCS_RGB, true}, 201, 133);
  expect_named("a.jpg", good, "");
  expect_named("a.JPEG", color, "");
  expect(progressive, "|progressive");
  expect(make_jpeg((struct jpeg_kind){4, JCS_CMYK, false}, 64, 64), "cmyk");
  expect(copy(good, good.size - 2), "no-eoi");
  expect(copy(good, good.size / 2), "jpeg-truncated");
  expect(copy(progressive, progressive.size / 2), "jpeg-truncated|progressive");
  expect(copy(good, 100), "jpeg-truncated");
  expect(copy(good, 4), "jpeg-truncated");
  struct file longer = copy(good, good.size);
  add_bytes(&longer, "tail", 4);
  expect(longer, "trailing-bytes");
  struct file zeroed = copy(good, good.size);
  memset(zeroed.data + good.size / 2, 0, good.size - good.size / 2);
  expect(zeroed, "zero-tail");
  struct file hole = copy(good, good.size); /* a part of the scan is gone, EOI is there */
  memmove(hole.data + good.size / 2, hole.data + good.size - 2, 2);
  hole.size = good.size / 2 + 2;
  expect(hole, "jpeg-corrupt");
  expect_named("a.png", good, "wrong-extension");
  expect_named("a.jpg", make_png(gray, random_rows(gray), 500), "wrong-extension");
}

/* A gray image of that size under Titan's limits; its content does not matter. */
static void expect_limits(uint32_t width, uint32_t height, const char *wanted) {
  struct hl_png_header header = {width, height, 1, HL_PNG_GRAY, 0};
  struct file raw = {0};
  raw.size = hl_png_raw_size(&header);
  raw.data = calloc(raw.size, 1);
  struct hl_report report = check(NULL, make_png(header, raw, 1 << 20), &hl_titan_limits);
  CHECK_EQ_STR(codes(&report), wanted);
  CHECK(report.width == width && report.height == height && report.bits == 1 && report.channels == 1);
  hl_report_free(&report);
}

static void test_limits(void) {
  expect_limits(128, 128, "");
  expect_limits(127, 128, "too-small");
  expect_limits(128, 512, "");
  expect_limits(128, 513, "aspect");
  expect_limits(1024, 4096, "");
  expect_limits(1025, 4097, "too-wide|inference-pixels");
  expect_limits(2048, 2049, "|inference-pixels");
  expect_limits(3600, 3480, "|inference-pixels");
  expect_limits(3600, 3481, "too-many-pixels");
  struct file good = make_png(gray, random_rows(gray), 5000), large = copy(good, good.size);
  struct hl_limits limits = {.bytes = good.size};
  struct hl_report report = check("a.png", large, &limits);
  CHECK_EQ_STR(codes(&report), "");
  limits.bytes--;
  report = check("a.png", large, &limits);
  CHECK_EQ_STR(codes(&report), "too-large");
}

static void test_files(void) {
  struct hl_report report = {0};
  hl_image_check("/nonexistent/x.png", &no_limits, &scratch, &report);
  CHECK_EQ_STR(codes(&report), "unreadable");
  CHECK(strstr(report.findings[0].message, "No such file") != NULL);
  hl_report_free(&report);
  hl_image_check("/", &no_limits, &scratch, &report);
  CHECK_EQ_STR(codes(&report), "unreadable");
  hl_report_free(&report);
}

int main(void) {
  struct file raw = random_rows(gray);
  test_container(raw);
  test_message(raw);
  test_chunks(deflated(raw));
  test_data(raw);
  test_windows();
  test_foreign();
  test_warnings();
  test_notes();
  test_bombs();
  test_jpeg();
  test_limits();
  test_files();
  hl_scratch_free(&scratch);
  return check_report();
}

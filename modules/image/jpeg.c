/* SPDX-License-Identifier: MIT
 *
 * libjpeg-turbo behind functions that return. Its errors longjmp to the frame that called it: `guard` is set up there, and
 * everything that must be freed is in a struct session which that frame owns. Its warnings (it fills up what is missing with
 * gray) are kept.
 */
#include "image/jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

/* A progressive file of a few KB may have thousands of scans over the whole image; encoders make about ten. */
enum { MAX_SCANS = 100 };
static const long MAX_MEMORY = 1L << 30;

struct session {
  struct jpeg_error_mgr errors; /* first: libjpeg's callbacks get a pointer to it */
  jmp_buf guard;
  bool ran_out; /* the data of a scan ended too early */
  int failure_code;
  char failure[JMSG_LENGTH_MAX], warning[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr info) {
  struct session *session = (struct session *)info->err;
  info->err->format_message(info, session->failure);
  session->failure_code = info->err->msg_code;
  longjmp(session->guard, 1);
}

static void on_message(j_common_ptr info, int level) {
  struct session *session = (struct session *)info->err;
  if (level >= 0) return;
  if (info->err->msg_code == JWRN_HIT_MARKER) session->ran_out = true;
  if (info->err->msg_code == JWRN_JPEG_EOF || info->err->num_warnings++) return;
  info->err->format_message(info, session->warning);
}

static struct jpeg_error_mgr *begin_session(struct session *session) {
  *session = (struct session){0};
  jpeg_std_error(&session->errors);
  session->errors.error_exit = on_error;
  session->errors.emit_message = on_message;
  return &session->errors;
}

static bool judge_failure(const struct session *session, struct hl_error *err) {
  switch (session->failure_code) {
  case JERR_OUT_OF_MEMORY: return hl_no_memory(err);
  case JERR_NO_BACKING_STORE: return hl_defect(err, "bomb", "decoding it would take more than %ld bytes of memory", MAX_MEMORY);
  case JERR_SOF_UNSUPPORTED:
  case JERR_BAD_PRECISION:
  case JERR_COMPONENT_COUNT:
  case JERR_CONVERSION_NOTIMPL: return hl_defect(err, "unsupported", "libjpeg does not read it: %s", session->failure);
  default: return hl_defect(err, "jpeg-corrupt", "%s", session->failure);
  }
}

/* What the decoder said, as one defect; the missing EOI only if there is nothing worse. */
static bool judge(const struct session *session, const struct hl_jpeg *jpeg, struct hl_error *err) {
  if (session->ran_out && !jpeg->has_end) return hl_defect(err, "jpeg-truncated", "the file ends within scan %u", jpeg->scans);
  if (session->failure_code) return judge_failure(session, err);
  if (session->errors.num_warnings) return hl_defect(err, "jpeg-corrupt", "%s", session->warning);
  if (!jpeg->has_end) return hl_defect(err, "no-eoi", "the file ends after scan %u, without EOI", jpeg->scans);
  return true;
}

static bool plausible(const struct hl_jpeg *jpeg, struct hl_error *err) {
  if ((uint64_t)jpeg->width * jpeg->height > HL_IMAGE_MAX_PIXELS)
    return hl_defect(err, "bomb", "%u x %u are more than the %llu pixels that are decoded at most", jpeg->width, jpeg->height,
                     (unsigned long long)HL_IMAGE_MAX_PIXELS);
  if (jpeg->scans > MAX_SCANS)
    return hl_defect(err, "bomb", "it has %u scans, more than the %d that are decoded at most", jpeg->scans, MAX_SCANS);
  if (jpeg->color == HL_JPEG_CMYK || jpeg->color == HL_JPEG_YCCK)
    return hl_defect(err, "cmyk", "it has the four inks of print (%s), not gray or RGB: convert it",
                     jpeg->color == HL_JPEG_CMYK ? "CMYK" : "YCCK");
  return true;
}

struct decoding {
  struct jpeg_decompress_struct info;
  struct session session;
  struct hl_image image;
};

static void choose_output(struct decoding *decoding, enum hl_image_mode mode, unsigned eighths) {
  struct jpeg_decompress_struct *info = &decoding->info;
  bool is_gray = mode == HL_IMAGE_GRAY || (mode == HL_IMAGE_NATIVE && info->num_components == 1);
  info->out_color_space = is_gray ? JCS_GRAYSCALE : JCS_RGB;
  info->scale_num = eighths;
  info->scale_denom = 8;
  info->mem->max_memory_to_use = MAX_MEMORY;
}

static bool run_decoder(struct decoding *decoding, const uint8_t *bytes, size_t size, enum hl_image_mode mode, unsigned eighths) {
  struct jpeg_decompress_struct *info = &decoding->info;
  struct hl_image *image = &decoding->image;
  if (setjmp(decoding->session.guard)) return false;
  jpeg_create_decompress(info);
  jpeg_mem_src(info, bytes, size);
  jpeg_read_header(info, TRUE);
  choose_output(decoding, mode, eighths);
  jpeg_start_decompress(info);
  if (!hl_image_alloc(image, info->output_width, info->output_height, (size_t)info->output_components))
    ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
  while (info->output_scanline < info->output_height) {
    uint8_t *row = image->pixels + info->output_scanline * image->width * image->channels;
    jpeg_read_scanlines(info, &row, 1);
  }
  jpeg_finish_decompress(info);
  return true;
}

/* Decodes whatever there is; what was wrong is in decoding->session. The caller frees the image. */
static void decode(struct decoding *decoding, const uint8_t *bytes, size_t size, enum hl_image_mode mode, unsigned eighths) {
  *decoding = (struct decoding){0};
  decoding->info.err = begin_session(&decoding->session);
  run_decoder(decoding, bytes, size, mode, eighths);
  jpeg_destroy_decompress(&decoding->info);
}

bool hl_jpeg_decode(const uint8_t *bytes, size_t size, const struct hl_jpeg *jpeg, enum hl_image_mode mode, unsigned eighths,
                    struct hl_image *image, struct hl_error *err) {
  struct decoding decoding;
  if (!plausible(jpeg, err)) return false;
  decode(&decoding, bytes, size, mode, eighths);
  if (judge(&decoding.session, jpeg, err)) {
    *image = decoding.image;
    return true;
  }
  hl_image_free(&decoding.image);
  return false;
}

/* libjpeg's own memory destination frees twice when it fails while it grows: hence this one. */
struct encoding {
  struct jpeg_compress_struct info;
  struct jpeg_destination_mgr destination;
  struct session session;
  uint8_t *bytes, *row;
  size_t capacity;
};

static void grow(struct encoding *encoding) {
  size_t used = encoding->capacity, capacity = used ? 2 * used : 1 << 16;
  uint8_t *bytes = realloc(encoding->bytes, capacity);
  if (!bytes) ERREXIT1(&encoding->info, JERR_OUT_OF_MEMORY, 0);
  encoding->bytes = bytes;
  encoding->capacity = capacity;
  encoding->destination.next_output_byte = bytes + used;
  encoding->destination.free_in_buffer = capacity - used;
}

static void on_begin(j_compress_ptr info) { grow(info->client_data); }

static boolean on_full(j_compress_ptr info) {
  grow(info->client_data);
  return TRUE;
}

static void on_end(j_compress_ptr info) { (void)info; }

static void begin_encoder(struct encoding *encoding, const struct hl_image *image, int channels, int quality) {
  struct jpeg_compress_struct *info = &encoding->info;
  jpeg_create_compress(info);
  encoding->destination =
      (struct jpeg_destination_mgr){.init_destination = on_begin, .empty_output_buffer = on_full, .term_destination = on_end};
  info->client_data = encoding;
  info->dest = &encoding->destination;
  info->image_width = (JDIMENSION)image->width;
  info->image_height = (JDIMENSION)image->height;
  info->input_components = channels;
  info->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  jpeg_start_compress(info, TRUE);
}

static bool run_encoder(struct encoding *encoding, const struct hl_image *image, int quality) {
  struct jpeg_compress_struct *info = &encoding->info;
  int channels = image->channels < 3 ? 1 : 3;
  if (setjmp(encoding->session.guard)) return false;
  begin_encoder(encoding, image, channels, quality);
  while (info->next_scanline < info->image_height) {
    const uint8_t *source = image->pixels + info->next_scanline * image->width * image->channels;
    hl_image_convert_row(source, image->channels, encoding->row, (size_t)channels, image->width);
    jpeg_write_scanlines(info, &encoding->row, 1);
  }
  jpeg_finish_compress(info);
  return true;
}

bool hl_jpeg_encode(const struct hl_image *image, int quality, uint8_t **bytes, size_t *size, struct hl_error *err) {
  struct encoding encoding = {.row = malloc(image->width * 3)};
  if (!encoding.row) return hl_no_memory(err);
  encoding.info.err = begin_session(&encoding.session);
  bool is_encoded = run_encoder(&encoding, image, quality);
  jpeg_destroy_compress(&encoding.info);
  free(encoding.row);
  *bytes = encoding.bytes;
  *size = encoding.capacity - encoding.destination.free_in_buffer;
  if (is_encoded) return true;
  free(encoding.bytes);
  return hl_fail(err, HL_USAGE, "image", "the JPEG could not be made: %s", encoding.session.failure);
}

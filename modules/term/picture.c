/* SPDX-License-Identifier: MIT */
#include "term/picture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"

enum { RED, GREEN, BLUE, RGB };

/* The sum of a channel over a rectangle of the source, divided by its area; gray stands for all channels. */
static uint8_t average(const struct hl_image *source, size_t left, size_t right, size_t top, size_t bottom, size_t channel) {
  size_t c = source->channels < RGB ? 0 : channel;
  uint64_t sum = 0;
  for (size_t y = top; y < bottom; y++)
    for (size_t x = left; x < right; x++) sum += source->pixels[(y * source->width + x) * source->channels + c];
  return (uint8_t)(sum / ((right - left) * (bottom - top)));
}

bool hl_picture_resize(const struct hl_image *source, size_t width, size_t height, struct hl_image *target) {
  if (!hl_image_alloc(target, width, height, RGB)) return false;
  uint8_t *pixel = target->pixels;
  for (size_t y = 0; y < height; y++) {
    size_t top = y * source->height / height, bottom = (y + 1) * source->height / height;
    for (size_t x = 0; x < width; x++) {
      size_t left = x * source->width / width, right = (x + 1) * source->width / width;
      for (size_t c = 0; c < RGB; c++)
        *pixel++ = average(source, left, right > left ? right : left + 1, top, bottom > top ? bottom : top + 1, c);
    }
  }
  return true;
}

static const uint8_t *pixel_at(const struct hl_image *rgb, size_t x, size_t y) {
  return rgb->pixels + (y * rgb->width + x) * RGB;
}

static bool is_gray(const uint8_t *pixel) { return pixel[RED] == pixel[GREEN] && pixel[GREEN] == pixel[BLUE]; }

static unsigned brightness(const uint8_t *pixel) { return (299u * pixel[RED] + 587u * pixel[GREEN] + 114u * pixel[BLUE]) / 1000; }

/* Half blocks. */

/* xterm's palette: 16 to 231 is a cube of 6 levels a channel, 232 to 255 are the greys 8, 18, … 238. */
static unsigned nearest_of_256(const uint8_t *pixel) {
  static const uint8_t edges[] = {48, 115, 155, 195, 235}; /* between the levels 0, 95, 135, 175, 215, 255 */
  if (is_gray(pixel) && pixel[0] >= 4 && pixel[0] < 247)
    return 232u + (pixel[0] < 8 ? 0u : (pixel[0] - 3u) / 10 > 23 ? 23u : (pixel[0] - 3u) / 10);
  unsigned code = 0;
  for (size_t c = 0; c < RGB; c++) {
    unsigned level = 0;
    while (level < 5 && pixel[c] >= edges[level]) level++;
    code = code * 6 + level;
  }
  return 16 + code;
}

static void put_color(FILE *out, unsigned ground, const uint8_t *pixel, bool all_colors) {
  if (all_colors)
    fprintf(out, "\x1b[%u;2;%u;%u;%um", ground, pixel[RED], pixel[GREEN], pixel[BLUE]);
  else
    fprintf(out, "\x1b[%u;5;%um", ground, nearest_of_256(pixel));
}

void hl_picture_blocks(FILE *out, const struct hl_image *rgb, bool all_colors) {
  enum { FOREGROUND = 38, BACKGROUND = 48 };
  for (size_t y = 0; y < rgb->height; y += 2) {
    const uint8_t *upper = NULL, *lower = NULL;
    for (size_t x = 0; x < rgb->width; x++) {
      const uint8_t *now_upper = pixel_at(rgb, x, y), *now_lower = y + 1 < rgb->height ? pixel_at(rgb, x, y + 1) : NULL;
      if (!upper || memcmp(upper, now_upper, RGB) != 0) put_color(out, FOREGROUND, now_upper, all_colors);
      if (now_lower && (!lower || memcmp(lower, now_lower, RGB) != 0)) put_color(out, BACKGROUND, now_lower, all_colors);
      fputs("▀", out);
      upper = now_upper;
      lower = now_lower;
    }
    fputs("\x1b[0m\n", out);
  }
}

void hl_picture_letters(FILE *out, const struct hl_image *rgb) {
  static const char ramp[] = " .:-=+*#%@";
  for (size_t y = 0; y < rgb->height; y++) {
    for (size_t x = 0; x < rgb->width; x++) fputc(ramp[brightness(pixel_at(rgb, x, y)) * (sizeof ramp - 1) / 256], out);
    fputc('\n', out);
  }
}

/* Sixel: bands of six rows; in each, for each colour, one character a column that says which of its six pixels have it. */

enum { GREYS = 101, REDS = 6, GREENS = 7, BLUES = 6, COLORS = REDS * GREENS * BLUES, BAND = 6 };

static unsigned register_of(const uint8_t *pixel, bool gray) {
  if (gray) return (pixel[0] * 100u + 127) / 255;
  unsigned red = pixel[RED] * REDS / 256u, green = pixel[GREEN] * GREENS / 256u, blue = pixel[BLUE] * BLUES / 256u;
  return (red * GREENS + green) * BLUES + blue;
}

static void define_registers(FILE *out, bool gray) {
  for (unsigned i = 0; i < (gray ? GREYS : COLORS); i++) {
    unsigned red = i / BLUES / GREENS * 100 / (REDS - 1), green = i / BLUES % GREENS * 100 / (GREENS - 1);
    unsigned blue = i % BLUES * 100 / (BLUES - 1);
    fprintf(out, "#%u;2;%u;%u;%u", i, gray ? i : red, gray ? i : green, gray ? i : blue);
  }
}

static void put_run(FILE *out, unsigned bits, size_t length) {
  if (length > 3) fprintf(out, "!%zu", length);
  for (size_t i = 0; i < (length > 3 ? 1 : length); i++) fputc((int)(63 + bits), out);
}

static unsigned bits_of(const struct hl_image *rgb, size_t x, size_t top, unsigned color, bool gray) {
  unsigned bits = 0;
  for (size_t row = 0; row < BAND && top + row < rgb->height; row++)
    if (register_of(pixel_at(rgb, x, top + row), gray) == color) bits |= 1u << row;
  return bits;
}

static void put_color_of_band(FILE *out, const struct hl_image *rgb, size_t top, unsigned color, bool gray) {
  unsigned bits = bits_of(rgb, 0, top, color, gray);
  size_t begin = 0;
  fprintf(out, "#%u", color);
  for (size_t x = 1; x <= rgb->width; x++) {
    unsigned next = x < rgb->width ? bits_of(rgb, x, top, color, gray) : ~bits;
    if (next == bits) continue;
    put_run(out, bits, x - begin);
    bits = next;
    begin = x;
  }
  fputc('$', out);
}

static void put_band(FILE *out, const struct hl_image *rgb, size_t top, bool gray) {
  bool used[COLORS] = {false};
  for (size_t y = top; y < top + BAND && y < rgb->height; y++)
    for (size_t x = 0; x < rgb->width; x++) used[register_of(pixel_at(rgb, x, y), gray)] = true;
  for (unsigned color = 0; color < COLORS; color++)
    if (used[color]) put_color_of_band(out, rgb, top, color, gray);
  fputc('-', out);
}

static bool all_gray(const struct hl_image *rgb) {
  for (size_t i = 0; i < rgb->width * rgb->height; i++)
    if (!is_gray(rgb->pixels + i * RGB)) return false;
  return true;
}

void hl_picture_sixel(FILE *out, const struct hl_image *rgb) {
  bool gray = all_gray(rgb);
  fprintf(out, "\x1bP0;1q\"1;1;%zu;%zu", rgb->width, rgb->height);
  define_registers(out, gray);
  for (size_t top = 0; top < rgb->height; top += BAND) put_band(out, rgb, top, gray);
  fputs("\x1b\\", out);
}

static void put_base64(FILE *out, const uint8_t *bytes, size_t size) {
  enum { PIECE = 3072 };
  char text[HL_BASE64_LENGTH(PIECE)];
  for (size_t piece; size; bytes += piece, size -= piece) {
    piece = size < PIECE ? size : PIECE;
    hl_base64_encode(text, bytes, piece);
    fwrite(text, 1, HL_BASE64_LENGTH(piece), out);
  }
}

void hl_picture_kitty(FILE *out, const struct hl_image *rgb) {
  enum { CHUNK = 3072 }; /* 4096 characters of base64 */
  size_t size = hl_image_size(rgb);
  for (size_t at = 0; at < size; at += CHUNK) {
    size_t left = size - at;
    fputs("\x1b_G", out);
    if (at == 0) fprintf(out, "a=T,q=2,f=24,s=%zu,v=%zu,", rgb->width, rgb->height);
    fprintf(out, "m=%d;", left > CHUNK);
    put_base64(out, rgb->pixels + at, left > CHUNK ? CHUNK : left);
    fputs("\x1b\\", out);
  }
}

/* A PNG whose zlib stream is stored blocks, one a row. */

static void put_u32(FILE *out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) fputc((int)(value >> shift & 255), out);
}

static uint32_t crc32_of(const uint8_t *bytes, size_t size) {
  uint32_t crc = ~(uint32_t)0;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

/* name_and_data: the four letters of the name, then the data. */
static void put_chunk(FILE *out, const char *name_and_data, size_t size) {
  put_u32(out, (uint32_t)(size - 4));
  fwrite(name_and_data, 1, size, out);
  put_u32(out, crc32_of((const uint8_t *)name_and_data, size));
}

static void put_header_data(FILE *out, const struct hl_image *rgb) {
  fputs("IHDR", out);
  put_u32(out, (uint32_t)rgb->width);
  put_u32(out, (uint32_t)rgb->height);
  fwrite("\x08\x02\0\0\0", 1, 5, out); /* 8 bits, RGB */
}

static void put_image_data(FILE *out, const struct hl_image *rgb) {
  size_t row = rgb->width * RGB + 1; /* its filter: none */
  uint32_t a = 1, b = 0;             /* Adler-32 (RFC 1950) */
  fputs("IDAT\x78\x01", out);
  for (size_t y = 0; y < rgb->height; y++) {
    const uint8_t *pixels = pixel_at(rgb, 0, y);
    const uint8_t head[] = {y + 1 == rgb->height, (uint8_t)row, (uint8_t)(row >> 8), (uint8_t)~row, (uint8_t)(~row >> 8), 0};
    fwrite(head, 1, sizeof head, out);
    fwrite(pixels, 1, row - 1, out);
    b = (b + a) % 65521;
    for (size_t i = 0; i < row - 1; i++) {
      a = (a + pixels[i]) % 65521;
      b = (b + a) % 65521;
    }
  }
  put_u32(out, b << 16 | a);
}

static void put_png_chunk(FILE *out, const struct hl_image *rgb, void (*put_data)(FILE *out, const struct hl_image *rgb)) {
  char *data = NULL;
  size_t size = 0;
  FILE *memory = open_memstream(&data, &size);
  if (!memory) return;
  put_data(memory, rgb);
  if (fclose(memory) == 0) put_chunk(out, data, size);
  free(data);
}

void hl_picture_iterm(FILE *out, const struct hl_image *rgb) {
  char *png = NULL;
  size_t size = 0;
  FILE *memory = open_memstream(&png, &size);
  if (!memory) return;
  fwrite("\x89PNG\r\n\x1a\n", 1, 8, memory);
  put_png_chunk(memory, rgb, put_header_data);
  put_png_chunk(memory, rgb, put_image_data);
  put_chunk(memory, "IEND", 4);
  if (fclose(memory) == 0) {
    fprintf(out, "\x1b]1337;File=inline=1;size=%zu;width=%zupx;height=%zupx:", size, rgb->width, rgb->height);
    put_base64(out, (const uint8_t *)png, size);
    fputs("\a", out);
  }
  free(png);
}

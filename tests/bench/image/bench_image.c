/* SPDX-License-Identifier: MIT
 *
 * Images a second and core of what README.md lists, side by side in one run.
 */
#include <isa-l/igzip_lib.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/check.h"
#include "image/decode.h"
#include "image/png.h"

enum { MAX_ROUNDS = 99 };

static struct hl_scratch scratch;
static char **files;
static int count;

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static size_t read_file(const char *path) {
  struct hl_error err;
  size_t size;
  if (!hl_image_read(path, &scratch, &size, &err)) die(path, err.message);
  return size;
}

/* Streams put together once, outside of the time. */
static struct stream {
  uint8_t *data;
  size_t size, raw;
} * streams;

static void load_streams(void) {
  streams = calloc((size_t)count, sizeof *streams);
  for (int i = 0; i < count; i++) {
    struct hl_png png;
    struct hl_error err;
    size_t size = read_file(files[i]);
    if (!hl_png_open(scratch.file.data, size, &scratch, &png, &err)) die(files[i], err.message);
    streams[i] = (struct stream){malloc(png.stream_size), png.stream_size, hl_png_raw_size(&png.header)};
    memcpy(streams[i].data, png.stream, png.stream_size);
  }
}

static void run_inflate(void) {
  static struct inflate_state state;
  for (int i = 0; i < count; i++) {
    if (!hl_room_reserve(&scratch.rows, streams[i].raw)) die("inflate", "no memory");
    isal_inflate_init(&state);
    state.next_in = streams[i].data + 2;
    state.avail_in = (uint32_t)streams[i].size - 2;
    state.next_out = scratch.rows.data;
    state.avail_out = (uint32_t)streams[i].raw;
    if (isal_inflate_stateless(&state) != ISAL_DECOMP_OK) die(files[i], "does not inflate");
  }
}

static void run_check(void) {
  for (int i = 0; i < count; i++) {
    struct hl_report report = {0};
    hl_image_check(files[i], &hl_titan_limits, &scratch, &report);
    if (hl_report_has_problem(&report)) die(files[i], report.findings[0].message);
    hl_report_free(&report);
  }
}

static void run_decode(void) {
  for (int i = 0; i < count; i++) {
    struct hl_image image = {0};
    struct hl_error err;
    size_t size = read_file(files[i]);
    if (!hl_image_decode(scratch.file.data, size, HL_IMAGE_GRAY, &scratch, &image, &err)) die(files[i], err.message);
    hl_image_free(&image);
  }
}

struct source {
  const uint8_t *data;
  size_t left;
};

static void on_read(png_structp png, png_bytep data, size_t size) {
  struct source *source = png_get_io_ptr(png);
  if (size > source->left) png_error(png, "end");
  memcpy(data, source->data, size);
  source->data += size;
  source->left -= size;
}

static void run_libpng(void) {
  for (int i = 0; i < count; i++) {
    struct source source = {NULL, read_file(files[i])};
    source.data = scratch.file.data;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png))) die(files[i], "libpng refuses it");
    png_set_read_fn(png, &source, on_read);
    png_read_info(png, info);
    size_t height = png_get_image_height(png, info), stride = png_get_rowbytes(png, info);
    uint8_t *pixels = malloc(height * stride);
    for (size_t row = 0; row < height; row++) png_read_row(png, pixels + row * stride, NULL);
    png_read_end(png, info);
    png_destroy_read_struct(&png, &info, NULL);
    free(pixels);
  }
}

/* Runs a program with the files as its last arguments. */
static void run_program(const char *const *head) {
  char **arguments = calloc((size_t)count + 8, sizeof *arguments);
  size_t used = 0;
  for (; head[used]; used++) arguments[used] = (char *)(uintptr_t)head[used];
  memcpy(arguments + used, files, (size_t)count * sizeof *files);
  pid_t child = fork();
  if (child == 0) {
    if (!freopen("/dev/null", "w", stdout)) _exit(1);
    execvp(arguments[0], arguments);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) die(head[0], "failed");
  free(arguments);
}

static void run_pngcheck(void) { run_program((const char *[]){"pngcheck", "-q", NULL}); }

static void run_pillow(void) {
  run_program((const char *[]){"/usr/bin/python3", "-c",
                               "import sys\nfrom PIL import Image\nfor f in sys.argv[1:]: Image.open(f).convert('L')", NULL});
}

static const char *script;
static void run_lua_check(void) { run_program((const char *[]){getenv("HILUM"), script, "--jobs", "1", "check", NULL}); }
static void run_lua_decode(void) { run_program((const char *[]){getenv("HILUM"), script, "--jobs", "1", "decode", NULL}); }

static bool has_hilum(void) { return getenv("HILUM") != NULL; }
static bool has_pngcheck(void) { return system("pngcheck -h >/dev/null 2>&1") != 127 * 256; }
static bool has_pillow(void) { return system("/usr/bin/python3 -c 'import PIL' >/dev/null 2>&1") == 0; }
static bool is_there(void) { return true; }

static struct contender {
  const char *name;
  void (*run)(void);
  bool (*is_there)(void);
  double rates[MAX_ROUNDS];
} contenders[] = {{.name = "inflate", .run = run_inflate, .is_there = is_there},
                  {.name = "check", .run = run_check, .is_there = is_there},
                  {.name = "decode", .run = run_decode, .is_there = is_there},
                  {.name = "image.check", .run = run_lua_check, .is_there = has_hilum},
                  {.name = "image.decode", .run = run_lua_decode, .is_there = has_hilum},
                  {.name = "libpng", .run = run_libpng, .is_there = is_there},
                  {.name = "pngcheck", .run = run_pngcheck, .is_there = has_pngcheck},
                  {.name = "Pillow", .run = run_pillow, .is_there = has_pillow}};
enum { CONTENDERS = sizeof contenders / sizeof *contenders, CHECK = 1, DECODE = 2 };

static double seconds_of(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double processor_seconds(void) { return seconds_of(RUSAGE_SELF) + seconds_of(RUSAGE_CHILDREN); }

static int compare_rates(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(int rounds) {
  printf("%-14s %8s %17s %8s %8s\n", "images/s/core", "median", "quartiles", "check", "decode");
  for (int i = 0; i < CONTENDERS; i++) qsort(contenders[i].rates, (size_t)rounds, sizeof(double), compare_rates);
  for (int i = 0; i < CONTENDERS; i++) {
    const double *rates = contenders[i].rates, median = rates[rounds / 2];
    if (!(median > 0)) continue;
    printf("%-14s %8.1f %8.1f-%8.1f %7.2fx %7.2fx\n", contenders[i].name, median, rates[rounds / 4], rates[rounds * 3 / 4],
           contenders[CHECK].rates[rounds / 2] / median, contenders[DECODE].rates[rounds / 2] / median);
  }
}

/* Beside this source file. */
static const char *find_script(void) {
  static char path[4096];
  snprintf(path, sizeof path, "%.*sprimitives.lua", (int)(strlen(__FILE__) - strlen("bench_image.c")), __FILE__);
  return path;
}

int main(int argc, char **argv) {
  int rounds = 9, first = 1;
  if (argc > 2 && strcmp(argv[1], "-n") == 0) {
    rounds = atoi(argv[2]);
    first = 3;
  }
  files = argv + first;
  count = argc - first;
  if (count < 1 || rounds < 1 || rounds > MAX_ROUNDS) die("usage", "bench_image [-n ROUNDS] FILE...");
  script = find_script();
  load_streams();
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < CONTENDERS; i++) {
      if (!contenders[i].is_there()) continue;
      double begun = processor_seconds();
      contenders[i].run();
      contenders[i].rates[round] = count / (processor_seconds() - begun);
    }
  report(rounds);
  return 0;
}

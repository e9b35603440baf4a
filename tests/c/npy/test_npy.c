/* SPDX-License-Identifier: MIT */
#include "npy/npy.h"

#include <sys/stat.h>

#include "../check.h"
#include "npy/convert.h"

static struct hl_error err;
static char path[] = "/tmp/hilum-test-XXXXXX";

/* Parses a 1.0 header with that dictionary. */
static bool parse(const char *dictionary, struct hl_npy_info *info) {
  uint8_t bytes[512] = "\x93NUMPY\1\0";
  size_t size = strlen(dictionary);
  bytes[8] = (uint8_t)size;
  memcpy(bytes + 10, dictionary, size);
  return hl_npy_parse(guard_copy(bytes, 10 + size), 10 + size, info, &err);
}

static void test_headers(void) {
  struct hl_npy_info info;
  CHECK(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }  \n", &info));
  CHECK(info.type == 'f' && info.width == 4 && !info.fortran && !info.big_endian && info.rows == 3 && info.cols == 4);
  CHECK_EQ_INT(info.offset, 10 + 62);
  CHECK(parse("{\"shape\":(7,),\"descr\":\">i2\",\"fortran_order\":True}", &info));
  CHECK(info.type == 'i' && info.width == 2 && info.big_endian && info.fortran && info.rows == 7 && info.cols == 1);
  CHECK(parse("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4)}", &info));
  static const char *const bad[] = {
      "",
      "{}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 1)}",
      "{'descr': '<f1', 'fortran_order': False, 'shape': (1, 2)}",
      "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 2)}",
      "{'descr': '|f4', 'fortran_order': False, 'shape': (1, 2)}",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 2)}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} x",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (1, 2)}",
      "{'descr': '<f4",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parse(bad[i], &info));
  CHECK(!hl_npy_parse(guard_copy("\x93NUMPY\1\0\xFF\xFFxx", 12), 12, &info, &err));
  CHECK(!hl_npy_parse(guard_copy("\x93NUMPY\4\0\0\0xx", 12), 12, &info, &err));
  CHECK(!hl_npy_parse(guard_copy("\x93NUM", 4), 4, &info, &err));
}

/* From version 2.0 on the length has four bytes. */
static void test_versions(void) {
  static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 7)}";
  uint8_t bytes[128] = "\x93NUMPY\2\0";
  struct hl_npy_info info;
  bytes[8] = sizeof text - 1;
  memcpy(bytes + 12, text, sizeof text);
  CHECK(hl_npy_parse(bytes, sizeof bytes, &info, &err) && info.rows == 5 && info.cols == 7);
  bytes[6] = 3;
  CHECK(hl_npy_parse(bytes, sizeof bytes, &info, &err) && info.offset == 12 + sizeof text - 1);
}

static void test_conversion(void) {
  static const struct {
    const char *bytes;
    struct hl_npy_info info;
    double wanted;
  } cases[] = {
      {"\x00\x3C", {.type = 'f', .width = 2}, 1},
      {"\xC0\x00", {.type = 'f', .width = 2, .big_endian = true}, -2},
      {"\x01\x00", {.type = 'f', .width = 2}, 5.960464477539063e-08},
      {"\xFF\x7B", {.type = 'f', .width = 2}, 65504},
      {"\x3F\xC0\x00\x00", {.type = 'f', .width = 4, .big_endian = true}, 1.5},
      {"\x00\x00\x00\x00\x00\x00\x04\xC0", {.type = 'f', .width = 8}, -2.5},
      {"\xFE", {.type = 'i', .width = 1}, -2},
      {"\xFE", {.type = 'u', .width = 1}, 254},
      {"\xFF\xFE", {.type = 'i', .width = 2, .big_endian = true}, -2},
      {"\x00\x00\x00\x80", {.type = 'i', .width = 4}, -2147483648.},
      {"\x00\x00\x00\x80", {.type = 'u', .width = 4}, 2147483648.},
      {"\x00\x00\x00\x00\x00\x00\x00\x80", {.type = 'u', .width = 8}, 9223372036854775808.},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float got;
    hl_npy_convert(&cases[i].info, guard_copy(cases[i].bytes, cases[i].info.width), 1, &got);
    CHECK_NEAR(got, cases[i].wanted, 0);
  }
  float infinite, nan;
  struct hl_npy_info half = {.type = 'f', .width = 2};
  hl_npy_convert(&half, (const uint8_t *)"\x00\xFC", 1, &infinite);
  hl_npy_convert(&half, (const uint8_t *)"\x01\x7C", 1, &nan);
  CHECK(isinf(infinite) && infinite < 0 && isnan(nan));
}

static void fill(struct hl_matrix *m, size_t rows, float first) {
  if (!hl_matrix_alloc(m, rows, 3)) abort();
  for (size_t i = 0; i < rows * 3; i++) m->data[i] = first + (float)i;
}

static size_t file_size(void) {
  struct stat st;
  return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void test_files(void) {
  struct hl_matrix a, b, read;
  fill(&a, 2, 0);
  fill(&b, 5, 6);
  unlink(path);
  CHECK(hl_npy_append("npy.append", path, HL_NPY_ALL, &a, &err)); /* makes it */
  FILE *file = fopen(path, "a");                                  /* what a crash in the middle of an append leaves */
  fwrite("torn", 1, 4, file);
  fclose(file);
  CHECK(hl_npy_read("npy.read", path, &read, &err) && read.rows == 2);
  hl_matrix_free(&read);
  CHECK(hl_npy_append("npy.append", path, HL_NPY_ALL, &b, &err));
  CHECK_EQ_INT(file_size(), HL_NPY_WRITTEN + 7 * 3 * 4);
  CHECK(hl_npy_map("npy.map", path, HL_NPY_ALL, &read, &err) && read.rows == 7 && read.readonly &&
        (uintptr_t)read.data % 64 == 0);
  int wrong = 0;
  for (size_t i = 0; i < 21; i++) wrong += read.data[i] != (float)i;
  CHECK_EQ_INT(wrong, 0);
  hl_matrix_free(&read);
  CHECK(truncate(path, HL_NPY_WRITTEN + 80) == 0);
  CHECK(!hl_npy_read("npy.read", path, &read, &err));
  CHECK(strstr(err.message, "shorter") && strstr(err.message, path));
  hl_matrix_free(&a);
  hl_matrix_free(&b);
}

/* The file may hold more rows than are meant: those that another process is adding, or that a crash left. */
static void test_first_rows(void) {
  struct hl_matrix a, b, read;
  fill(&a, 4, 0);
  fill(&b, 1, 100);
  CHECK(hl_npy_write("npy.write", path, &a, &err));
  CHECK(hl_npy_map("npy.map", path, 3, &read, &err) && read.rows == 3);
  CHECK(hl_npy_append("npy.append", path, 2, &b, &err));
  CHECK_NEAR(read.data[5], 5, 0);
  hl_matrix_free(&read);
  CHECK(hl_npy_map("npy.map", path, HL_NPY_ALL, &read, &err) && read.rows == 3 && read.data[5] == 5 && read.data[6] == 100);
  hl_matrix_free(&read);
  CHECK(!hl_npy_map("npy.map", path, 4, &read, &err) && err.kind == HL_INTEGRITY);
  CHECK(!hl_npy_append("npy.append", path, 4, &b, &err) && err.kind == HL_INTEGRITY);
  CHECK(truncate(path, HL_NPY_WRITTEN + 24) == 0);
  CHECK(hl_npy_map("npy.map", path, 2, &read, &err) && read.rows == 2);
  hl_matrix_free(&read);
  hl_matrix_free(&a);
  hl_matrix_free(&b);
}

static void test_refusals(void) {
  struct hl_matrix a, wide, read;
  fill(&a, 1, 0);
  CHECK(hl_npy_write("npy.write", path, &a, &err));
  CHECK(hl_matrix_alloc(&wide, 1, 4));
  CHECK(!hl_npy_append("npy.append", path, HL_NPY_ALL, &wide, &err));
  CHECK(strstr(err.message, "has 3 columns, the rows to add have 4"));
  CHECK(!hl_npy_read("npy.read", "/does/not/exist.npy", &read, &err));
  CHECK_EQ_STR(err.code, "ENOENT");
  hl_matrix_free(&a);
  hl_matrix_free(&wide);
}

static void test_fortran(void) {
  static const char file_bytes[] =
      "\x93NUMPY\1\0\x3F\0{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }    \n\1\4\2\5\3\6";
  FILE *file = fopen(path, "w");
  fwrite(file_bytes, 1, sizeof file_bytes - 1, file);
  fclose(file);
  struct hl_matrix m;
  CHECK(hl_npy_read("npy.read", path, &m, &err));
  for (size_t i = 0; m.data && i < 6; i++) CHECK_NEAR(m.data[i], (double)i + 1, 0);
  hl_matrix_free(&m);
  CHECK(!hl_npy_map("npy.map", path, HL_NPY_ALL, &m, &err));
  CHECK(strstr(err.message, "npy.read converts it"));
}

int main(void) {
  close(mkstemp(path));
  test_headers();
  test_versions();
  test_conversion();
  test_files();
  test_first_rows();
  test_refusals();
  test_fortran();
  unlink(path);
  return check_report();
}

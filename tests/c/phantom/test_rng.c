/* SPDX-License-Identifier: MIT
 *
 * The random numbers and the noise made of them. Known values: splitmix64 as published; the rest from the numpy reference.
 */
#include "../check.h"
#include "phantom/noise.h"

static void splitmix_is_the_published_one(void) {
  struct rng r = {0};
  CHECK(rng_next(&r) == UINT64_C(0xE220A8397B1DCDAF));
  CHECK(rng_next(&r) == UINT64_C(0x6E789E6AA1B965F4));
}

static void seeds_are_spread(void) {
  struct rng r = rng_seeded(42);
  CHECK(rng_next(&r) == UINT64_C(0x9814cde8cb99c6a2));
  CHECK(rng_next(&r) == UINT64_C(0x49fbb7b0c24a1146));
  CHECK(rng_next(&r) == UINT64_C(0xed934cc988d7dd5d));
}

static void draws_follow_each_other(void) {
  struct rng r = rng_seeded(42);
  CHECK_NEAR(rng_unit(&r), 0.5940674489353119, 0);
  CHECK_NEAR(rng_normal(&r, 1, 2), 1.7287990257134558, 1e-6);
  CHECK_NEAR(rng_between(&r, -1, 3), 1.6118798314318623, 1e-6);
}

static void small_integers_stay_below(void) {
  struct rng r = rng_seeded(3);
  int seen[3] = {0};
  for (int i = 0; i < 3000; i++) seen[rng_below(&r, 3)]++;
  for (int i = 0; i < 3; i++) CHECK(seen[i] > 900);
  CHECK_EQ_INT(seen[0] + seen[1] + seen[2], 3000);
}

static void the_lattice_is_hashed_from_its_seed(void) {
  const double wanted[] = {-0.23166525, -0.01304197, 0.09603, -0.60608864};
  for (uint64_t i = 0; i < 4; i++) CHECK_NEAR(noise_hash(77, i), wanted[i], 1e-7);
}

static void noise_interpolates_and_ends_at_the_border(void) {
  static struct noise noise;
  noise_fill(&noise, 5, 7);
  CHECK_NEAR(noise_at(&noise, -.3f, .2f), -0.19021366, 1e-6);
  CHECK_NEAR(noise_at(&noise, .99f, -1.2f), 0.02560889, 1e-5);
  CHECK_NEAR(noise_at(&noise, -1, -1), noise.lattice[0], 0);
  CHECK_NEAR(noise_at(&noise, -9, 9), noise_at(&noise, -1, 9), 0);
}

static void strokes_have_their_reach(void) {
  CHECK_NEAR(edge(.3f, 1), 0.5641282798833819, 1e-6);
  CHECK_NEAR(line(1.1f, 1), 0.26930120600639523, 1e-6);
  CHECK_NEAR(ramp(.35f, -.6f, .1f), 0.1713077708120717, 1e-6);
  CHECK_NEAR(edge(-EDGE_REACH * .02f, .02f), 0, 1e-9);
  CHECK_NEAR(edge(EDGE_REACH * .02f, .02f), 1, 1e-6);
  CHECK_NEAR(line(LINE_REACH * .02f, .02f), 0, 1e-9);
}

int main(void) {
  splitmix_is_the_published_one();
  seeds_are_spread();
  draws_follow_each_other();
  small_integers_stay_below();
  the_lattice_is_hashed_from_its_seed();
  noise_interpolates_and_ends_at_the_border();
  strokes_have_their_reach();
  return check_report();
}

// Small caches for the tests of the bench-cache: made-up machines, environments and records.
#ifndef TESTS_BRICKS_CACHE_CASE_H
#define TESTS_BRICKS_CACHE_CASE_H

#include "tests/test.h"
#include "tests/scratch.h"

#include "bricks/cache.h"

static const struct condition near = {.handoff_ns = 50, .cycle_ns = 0.25f};

static const char brick_text[] = "dlb1 Relu i0:f32:1x8 > f32:1x8 | out s0";

// Machine and environment number k: each has a folder of its own.
struct machine case_machine(int k);
struct environment case_environment(int k);

// A record with one sample in the hot loop; release it.
struct record case_record(const char *text, const char *run, double time_ns);

// The canonical text of a brick of its own for each width; the caller frees it.
char *case_text(int width);

// Opens place (machine, environment) of a cache; close it.
struct cache_place case_place(const char *cache, int machine, int environment);

// Stores n samples 1000.5, 1001.5, ... of a brick and run; returns the record's path.
char *case_put(const struct cache_place *place, int width, const char *run, int n);

// What a folder holds: "path bytes-of-text\n" of each file below it, in order, hidden ones but with
// `all` only. The caller frees it.
char *case_listing(const char *folder, bool all);

char *case_read(const char *path);

#endif

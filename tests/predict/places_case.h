// Places of a cache with made-up records, for the tests of what stands in for missing ones.
#ifndef TESTS_PREDICT_PLACES_CASE_H
#define TESTS_PREDICT_PLACES_CASE_H

#include "tests/test.h"

#include "predict/estimate.h"
#include "predict/forecast.h"

// A cache in a folder of its own, and bricks of three kinds in several sizes. Each test writes
// records of some of them in some places, and asks for one that is missing.
enum { N_SIZES = 8, N_BRICKS = 3 * N_SIZES, FOOTPRINT = 1, MOST_PLACES = 8 };

struct fixture {
    char *folder;
    struct suite suite;
    int n_places;
    struct cache_place places[MOST_PLACES];
    struct timings timings;
    struct estimator *estimator;
};
int fixture_setup(void **state);
int fixture_teardown(void **state);

// Elements of the brick; 0, 1 or 2: its operator.
int size_of(int brick);
int kind_of(int brick);

// Opens the next place of the fixture: a machine by its name and cores, threads, engine's version.
struct cache_place *add_sized(struct fixture *f, const char *cpu, int cores, int threads,
                              const char *engine_version);
// One core.
struct cache_place *add_version(struct fixture *f, const char *cpu, int threads,
                                const char *engine_version);
struct cache_place *add_place(struct fixture *f, const char *cpu, int threads);

// Stores a record of the brick at the first footprint of the grid, of a time in seconds since 1970.
void put_at(struct fixture *f, const struct cache_place *place, int brick, double time_ns,
            int64_t unix_time);
// At the first n points of the grid, of second 1.
void put_points(struct fixture *f, const struct cache_place *place, int brick, int n_points,
                double time_ns);
// At the first one, of second 1.
void put(struct fixture *f, const struct cache_place *place, int brick, double time_ns);

// Times as of some machine, without any rule.
double source_ns(int brick);

// Adds a model of the first n bricks, each once; `instances` has room for them.
void model_of(struct suite *s, int n, struct instance *instances);

#endif

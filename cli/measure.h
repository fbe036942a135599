// Timing a suite's bricks on this machine: what `bench` and `validate` share. Finds out what the
// bench-cache lacks, samples it in rounds, and writes the records between the rounds.
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "cli/options.h"
#include "predict/predict.h"
#include "runner/checkup.h"
#include "runner/sampler.h"

struct measure {
    const struct suite *suite;
    struct engine engine;
    struct kernel_set *kernels;
    struct cache_place place;
    struct demand *demands; // per brick
    struct record *records; // per brick: of this run
    int *saved;             // per brick: samples that are on disk
    bool *left_out;         // per brick: wanted, but the engine cannot run it
    int n_left_out;
    int n_targets; // bricks that are timed in this run
    struct target *targets;
    struct sampler *sampler; // NULL if there is nothing to time
    int round;               // from 1 on
    int n_wanted, n_pairs;   // (brick, footprint) pairs: unfinished as the round began, of all
    char run[RUN_ID_SIZE];
    struct checkup checkup; // of the machine, since the run began
};

// Which bricks are timed: those that the cache lacks, all whatever it holds, or none.
enum measure_scope { MEASURE_lacking, MEASURE_all, MEASURE_nothing };

// Opens engine and cache; measures the machine's limits if the cache lacks them. Bricks that the
// engine cannot run are reported and left out. Release with measure_close even after a failure.
int measure_open(struct measure *m, const struct options *o, const struct suite *s,
                 enum measure_scope scope, const struct sampler_options *options,
                 struct error *err);
void measure_close(struct measure *m);

// Called after every surrogate model; returns false to stop.
typedef bool measure_watch(void *context, const struct measure *m);

// One round over what is not yet good enough; writes the records at its end, and now and then
// before. Returns how many (brick, footprint) pairs were still to do when it began: 0 means that
// nothing is left. -1 on failure; what was sampled before is written nevertheless.
int measure_round(struct measure *m, measure_watch *watch, void *context, struct error *err);

// "27 bricks, round 4, 12 of 244 still wanted"
void measure_describe(const struct measure *m, char *out, size_t size);

// What is known of the machine's fitness since the run began; there is something to time.
struct fitness measure_fitness(const struct measure *m);

// Targets with samples at every footprint that they are wanted at.
int measure_n_timed(const struct measure *m);

// What this run has measured, as timings of the suite; valid while m and suite live. Release with
// timings_release.
void measure_timings(const struct measure *m, struct timings *t);

#endif

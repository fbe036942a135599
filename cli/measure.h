// Timing a suite's bricks on this machine: what `bench` and `validate` share. Samples what it is
// told to in rounds, and writes the records between the rounds.
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "cli/chains.h"
#include "cli/options.h"
#include "cli/rivals.h"
#include "predict/implementation.h"
#include "predict/predict.h"
#include "runner/checkup.h"
#include "runner/sampler.h"

struct measure {
    const struct options *options;
    const struct suite *suite;
    struct suite staged; // the same with company for what stands alone; its first bricks are these
    struct engine engine;
    struct step_records steps; // as the run began; none where every brick is one step
    struct kernel_set *kernels;
    struct cache_place place;
    double *footprints;     // per model
    struct demand *demands; // per brick: what all models want
    struct record *records; // per staged brick: of this run
    int *saved;             // per brick: samples that are on disk
    bool *left_out;         // per brick: wanted, but the engine cannot run it
    int n_left_out;
    int n_targets, n_pieces; // bricks that are being timed; with rivals and what stands beside them
    int targets_capacity;
    struct target *targets;
    int *target_of;          // per staged brick; NONE: it is none
    struct chains chains;    // their models
    struct rivals *rivals;   // of the bricks, to be timed beside them; NULL: none. The caller's
    bool keeps_back;         // the rounds write no records: the caller does
    struct sampler *sampler; // NULL if there is nothing to time
    int round;               // from 1 on, since measure_start
    int n_wanted, n_pairs;   // (brick, footprint) pairs: unfinished as the round began, of all
    char run[RUN_ID_SIZE];
    struct checkup checkup; // of the machine, since the run began
    double looked_s;        // when that was last
};

// Opens engine and cache; measures the machine's limits if the cache lacks them. Release with
// measure_close even after a failure.
int measure_open(struct measure *m, const struct options *o, const struct suite *s,
                 struct error *err);
void measure_close(struct measure *m);

// Makes everything ready to time the bricks for which there is a demand (per brick; they must
// outlive the rounds). What was timed before is kept. Bricks that the engine cannot run are
// reported once and left out.
int measure_start(struct measure *m, const struct demand *demands,
                  const struct sampler_options *options, struct error *err);

// Ends what measure_start began; the records stay.
void measure_stop(struct measure *m);

// What the models want of each brick, or what --footprint asks for; footprints (may be NULL)
// receives that of each model. Free with demands_free.
struct demand *measure_demands(const struct suite *s, const struct options *o, double far,
                               double *footprints);

// Called after every surrogate model; returns false to stop.
typedef bool measure_watch(void *context, const struct measure *m);

// One round over what is not yet good enough; writes the records at its end, and now and then
// before. Returns how many (brick, footprint) pairs were still to do when it began: 0 means that
// nothing is left. -1 on failure; what was sampled before is written nevertheless.
int measure_round(struct measure *m, measure_watch *watch, void *context, struct error *err);

// "27 bricks, round 4, 12 of 244 still wanted"
void measure_describe(const struct measure *m, char *out, size_t size);

// Looks at the machine's fitness once more, which takes 0.2 s.
int measure_look(struct measure *m, struct error *err);

// What the looks since the run began say of the machine's fitness.
struct fitness measure_fitness(const struct measure *m);

// Bricks that this run has samples of.
int measure_n_timed(const struct measure *m);

// What this run has measured, as timings of the suite; valid while m and suite live. Release with
// timings_release.
void measure_timings(const struct measure *m, struct timings *t);

#endif

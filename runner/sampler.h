// The sampler times bricks inside surrogate models: random sequences of bricks that touch a given
// footprint, run in steady passes like a model, each step's time read from the sequence. It works
// in rounds; a round takes every target that is not yet good enough once more, in a new random
// order with new neighbours. Records are written between rounds, by the caller.
#ifndef RUNNER_SAMPLER_H
#define RUNNER_SAMPLER_H

#include <stdbool.h>

#include "bricks/brick.h"
#include "bricks/record.h"
#include "runner/clock.h"
#include "runner/kernel.h"

// Part of the environment: raise it when anything changes that can change a recorded time.
#define TIMING_POLICY "2"

// One brick to time.
struct target {
    const struct brick *brick;
    int n;                   // footprints to time it at
    const double *footprint; // ascending
    double uses;             // instances in the models: what an error here is multiplied by
    struct record *record;   // receives the samples
};

struct sampler_options {
    int min_rounds;   // per footprint: so many different neighbourhoods
    int min_samples;  // per footprint
    int max_samples;  // per footprint: cap
    double tolerance; // aim: relative half-width of a median's interval, for bricks that matter
    uint64_t seed;    // mixed with the run id of the records
};
extern const struct sampler_options sampler_defaults;

struct sampler;

// Compiles all targets (and the fillers). Targets whose steps cannot be compiled are an error.
// The targets and their records must outlive the sampler.
struct sampler *sampler_new(const struct engine *engine, struct kernel_set *kernels,
                            const struct clock *clock, const struct sampler_options *options,
                            int n_targets, const struct target *targets, struct error *err);
void sampler_free(struct sampler *s);

// One round over all unfinished targets, in parts: each call times one surrogate model and
// returns 1; 0 when the round is complete; -1 on failure. Records only grow between calls, so
// that an interrupted run keeps what it has.
int sampler_step(struct sampler *s, struct error *err);

// Starts the next round: returns the number of (target, footprint) pairs that are unfinished.
int sampler_begin_round(struct sampler *s);

// Share of the expected work that is done, 0 to 1, for progress.
double sampler_progress(const struct sampler *s);

// The stop rule: true if the samples are good enough for a brick that contributes `share` of the
// suite's time.
bool samples_suffice(const double *time_ns, int n, double share,
                     const struct sampler_options *options);
// The same for a series, of which only the samples in the band count; true as well where so many
// were taken that no more will be.
bool series_suffices(const struct series *series, struct band band, double share,
                     const struct sampler_options *options);

#endif

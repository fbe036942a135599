// The sampler times bricks inside surrogate models: fragments of the models that hold them, in
// random order, run in steady passes like a model, each brick's time read from the pass. It works
// in rounds; in a round every target that is not yet good enough is timed by another surrogate
// model. Of a short model it holds all bricks; of a long one only these and what leads in; it reads
// over the memory that the rest of the model would touch, and waits as long as that would run.
// Records are written between rounds, by the caller. What its constants cost is told
// by bricks/cost.h; those that both need are in bricks/policy.h.
#ifndef RUNNER_SAMPLER_H
#define RUNNER_SAMPLER_H

#include <stdbool.h>

#include "bricks/brick.h"
#include "bricks/record.h"
#include "runner/clock.h"
#include "runner/kernel.h"
#include "runner/sequence.h"

// One brick to time.
struct target {
    const struct brick *brick;
    int n;                      // footprints to time it at; 0: it only stands beside others
    const double *footprint;    // ascending; there are chains of each that hold the brick
    double uses;                // instances in the models, for reports
    double expected_ns;         // of one run, until it was timed
    struct record *record;      // receives the samples; NULL if n is 0
    struct kernel_set *kernels; // that it runs with; NULL: the sampler's
};

struct sampler_options {
    int max_visits;   // of surrogate models, per footprint: cap
    double tolerance; // aim: relative half-width of a model's interval, as far as samples decide it
    uint64_t seed;    // mixed with the run id of the records
};
extern const struct sampler_options sampler_defaults;

struct sampler;

// Compiles all targets; those whose steps cannot be compiled are an error. The chains are the
// models: their candidates are targets by number. All must outlive the sampler.
struct sampler *sampler_new(const struct engine *engine, struct kernel_set *kernels,
                            const struct clock *clock, const struct sampler_options *options,
                            int n_targets, const struct target *targets, int n_chains,
                            const struct chain *chains, struct error *err);
void sampler_free(struct sampler *s);

// One round over all unfinished targets, in parts: each call times one surrogate model and
// returns 1; 0 when the round is complete; -1 on failure. Records only grow between calls, so
// that an interrupted run keeps what it has.
int sampler_step(struct sampler *s, struct error *err);

// Starts the next round: returns the number of (target, footprint) pairs that are unfinished.
int sampler_begin_round(struct sampler *s);

// Share of the expected work that is done, 0 to 1, for progress.
double sampler_progress(const struct sampler *s);

// The stop rule: true if what the visits say is good enough for a brick that has `share` of a
// model's time. Errors of independent bricks add up in quadrature: if each is held to the tolerance
// over the root of its share, their sum keeps the tolerance.
bool visits_suffice(const double *time_ns, int n, double share,
                    const struct sampler_options *options);
// How many visits do at least: where they agree.
double least_visits(double time_ns, double share, const struct sampler_options *options);
// The same for a series, of which only the samples in the band count; true as well where twice as
// many as usually do were taken, some of them in the band, or so many that no more will be.
bool series_suffices(const struct series *series, struct band band, double share,
                     const struct sampler_options *options);

#endif

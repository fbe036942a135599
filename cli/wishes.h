// Which implementations the bench-cache wants steps to be run with: those that the newest records
// of their bricks ran, so that whole models, larger bricks and the predictor mean the same.
#ifndef CLI_WISHES_H
#define CLI_WISHES_H

#include "bricks/cache.h"
#include "bricks/suite.h"
#include "cli/options.h"
#include "predict/implementation.h"
#include "runner/kernel.h"

// A set with the wishes that these records are.
struct kernel_set *wishes_of_steps(const struct engine *engine, const struct step_records *steps);
// The same for a suite's steps in a place of the cache.
struct kernel_set *wishes_of_place(const struct engine *engine, const struct suite *s,
                                   const struct cache_place *place);

// The same for the engine's place in the cache of --cache, if it is there; nothing is written.
struct kernel_set *wishes_of_cache(const struct engine *engine, const struct suite *s,
                                   const struct options *o);

// Notes which wishes could not be had, as the predictor takes the records for what runs, and frees
// the set; NULL is fine.
void wishes_free(struct kernel_set *kernels);

#endif

// The fitness of the machine (bricks/fitness.h), measured: counters of the kernel from the first to
// the last look, and blocks of a calibration in between, which may lie minutes apart.
#ifndef RUNNER_CHECKUP_H
#define RUNNER_CHECKUP_H

#include "bricks/fitness.h"
#include "runner/clock.h"
#include "runner/loaded_text.h"
#include "runner/system.h"

struct checkup {
    const struct engine *engine;
    const struct clock *clock;
    struct loaded_text bricks[N_CALIBRATIONS];
    struct system_times before;
    uint64_t start_ns;
    int n_blocks, capacity;
    struct calibration_block *blocks;
};

// Compiles the calibration bricks and begins to count. Engine, kernels and clock must outlive c.
// Release in any case; {0} is fine.
int checkup_start(struct checkup *c, const struct engine *engine, struct kernel_set *kernels,
                  const struct clock *clock, struct error *err);
void checkup_release(struct checkup *c);

// One more block: runs the calibration bricks in turn for so many seconds, at least three times.
void checkup_block(struct checkup *c, double seconds);

// What was seen so far.
struct fitness_facts checkup_facts(const struct checkup *c);

#endif

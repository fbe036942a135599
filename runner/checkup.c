#include "runner/checkup.h"

#include <stdlib.h>

#include "base/memory.h"
#include "runner/watch.h"

enum { MIN_RUNS = 3 };

// A convolution within the caches, some tenths of a millisecond, and a product with a vector that
// reads 64 MB of weights.
static const char *const calibration_texts[N_CALIBRATIONS] = {
    [CALIBRATION_compute] =
        "Conv i0:f32:1x64x28x28:last w:f32:64x64x3x3 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "
        "dilations=1,1 group=1 > f32:1x64x28x28:last | out s0",
    [CALIBRATION_memory] = "MatMul i0:f32:1x4096 w:f32:4096x4096 > f32:1x4096 | out s0",
};

int checkup_start(struct checkup *c, const struct engine *engine, struct kernel_set *kernels,
                  const struct clock *clock, struct error *err)
{
    *c = (struct checkup){.engine = engine, .clock = clock};
    for (int i = 0; i < N_CALIBRATIONS; i++)
        if (loaded_text_init(&c->bricks[i], engine, kernels, calibration_texts[i], err))
            return -1;
    system_times(&c->before, "");
    c->start_ns = clock_now(clock);
    return 0;
}

void checkup_release(struct checkup *c)
{
    for (int i = 0; i < N_CALIBRATIONS; i++)
        loaded_text_release(&c->bricks[i]);
    for (int b = 0; b < c->n_blocks; b++)
        for (int i = 0; i < N_CALIBRATIONS; i++)
            series_release(&c->blocks[b].series[i]);
    free(c->blocks);
    *c = (struct checkup){0};
}

// The second of two runs, so that it does not matter what ran before.
static void sample(const struct checkup *c, int calibration, struct series *s)
{
    struct watch watch;
    program_run(&c->bricks[calibration].loaded.program);
    watch_begin(&watch, c->engine, c->clock);
    uint64_t start = clock_now(c->clock);
    program_run(&c->bricks[calibration].loaded.program);
    double time_ns = (double)(clock_now(c->clock) - start);
    series_add(s, time_ns, watch_end(&watch));
}

void checkup_block(struct checkup *c, double seconds)
{
    grow(&c->blocks, &c->capacity, c->n_blocks + 1, sizeof *c->blocks);
    struct calibration_block *block = &c->blocks[c->n_blocks++];
    *block = (struct calibration_block){0};
    uint64_t start = clock_now(c->clock);
    for (int n = 0; n < MIN_RUNS || (double)(clock_now(c->clock) - start) < seconds * 1e9; n++)
        for (int i = 0; i < N_CALIBRATIONS; i++)
            sample(c, i, &block->series[i]);
}

struct fitness_facts checkup_facts(const struct checkup *c)
{
    struct system_times now;
    struct fitness_facts f = {.threads = c->engine->threads, .cores = c->engine->machine.cores};
    system_settings(&f, "");
    system_times(&now, "");
    system_usage(&f, &c->before, &now, (double)(clock_now(c->clock) - c->start_ns) * 1e-9);
    fitness_measured(&f, c->n_blocks, c->blocks);
    return f;
}

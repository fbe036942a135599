// A profile: one whole model that was compiled and run, and what was seen of it.
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "bricks/cache.h"
#include "bricks/suite.h"
#include "cli/options.h"
#include "cli/subject.h"
#include "runner/system.h"

struct profile {
    const struct options *o;
    struct suite suite; // of one model
    struct engine engine;
    struct cache_place place; // for the machine's limits
    struct kernel_set *kernels;
    struct subject subject;
    double read_s, compile_s;      // from file to steps; kernels, weights and memory
    size_t read_bytes;             // by which the process grew while the file was read
    struct resident before, after; // before the model was compiled, after its first placement ran
    struct advised advised;
    struct step_times steps;
};

// Tables of latency, memory and steps to standard output.
void profile_print(const struct profile *p);

// Writes all runs of the steps as a trace that Perfetto (https://ui.perfetto.dev) and Chrome open:
// a JSON array of events, in microseconds.
int profile_trace(const struct profile *p, const char *path, struct error *err);

// The brick that holds step i, and the names of the step's source layers joined by '+'.
const struct brick *profile_brick(const struct profile *p, int i);
void profile_layers(const struct profile *p, int i, struct str *out);

#endif

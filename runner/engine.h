// The engine: oneDNN with a team of pinned threads and an instruction-set cap. One per process.
#ifndef RUNNER_ENGINE_H
#define RUNNER_ENGINE_H

#include <stdbool.h>

#include "base/error.h"
#include "bricks/environment.h"
#include "bricks/machine.h"
#include "runner/counters.h"

struct dnnl_engine;
struct dnnl_stream;
struct team;

struct engine_options {
    int threads;     // 0: one per physical core, at most the cgroup's quota
    const char *isa; // "sse41", "avx2", "avx512_core", ...: cap; NULL: none
};

struct engine {
    struct dnnl_engine *dnnl;
    struct dnnl_stream *stream;
    struct team *team; // pinned threads
    int threads;
    struct counters counters; // of the team
    struct machine machine;
    struct environment environment;
};

// Variables that must be in the process's environment before the libraries start (wait policy,
// OpenBLAS' core under --isa). If any is not, sets it and returns true: the caller starts itself
// anew with exec.
bool engine_prepare_process(const struct engine_options *options);

// Detects the machine, caps the ISA, pins the team, sets flush-to-zero in every thread, fills
// machine and environment. `policy` is the timing policy's version. Fails if the cap or the
// number of threads cannot be had.
int engine_init(struct engine *engine, const struct engine_options *options, const char *policy,
                struct error *err);
void engine_release(struct engine *engine);

// CPUs that the cgroup's quota allows (2.0 for two), or 0 if there is none. root is
// "/sys/fs/cgroup" and self "/proc/self/cgroup" but for tests.
double cgroup_quota(const char *root, const char *self);
// Seconds for which it was stopped so far because it had used its quota.
double cgroup_throttled_s(const char *root, const char *self);

// "oneDNN 2.6.3, OpenBLAS 0.3.21 (Haswell), hwloc 2.9.0, ..." for --version.
void engine_versions(struct str *out);

#endif

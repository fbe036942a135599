// What was measured of a machine in one environment: its limits.
#ifndef BRICKS_PROBE_H
#define BRICKS_PROBE_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

struct probe {
    double gflops_blas;   // OpenBLAS sgemm, best of some runs
    double gflops_onednn; // oneDNN matmul
    double gflops_fma;    // plain loop of fused multiply-adds on registers
    int n_levels;         // 0: nothing was measured
    struct {
        size_t bytes;     // working set that was walked, of all threads together
        double gbps;      // bandwidth of reading it, 1e9 bytes per second
    } levels[16];         // ascending working sets, from L1 to memory
    size_t effective_llc; // bytes beyond which reuse is lost; 0 if not found
    double gbps_memory;   // reading far beyond all caches
    double clock_ns;      // cost of one pair of clock reads
    double dispatch_ns;   // of a step that does next to nothing; 0: not measured
    char warning[256];    // what the user should know, "" if nothing
};

// The best of the three ways, in GFLOP/s.
double probe_peak(const struct probe *p);

// Bandwidth of reading at the measured working set next to `bytes`, in GB/s.
double probe_bandwidth(const struct probe *p, double bytes);

json_t *probe_to_json(const struct probe *p);
int probe_from_json(struct probe *p, const json_t *json, const char *where, struct error *err);

#endif

#include "runner/probe.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>

#include "base/statistics.h"
#include "runner/data.h"
#include "runner/loaded_text.h"
#include "runner/probe_loops.h"

enum {
    MATRIX = 1536, // side of the square matrices whose product is timed
    REPEATS = 5,   // the best of so many
    FMA_ROUNDS = 2000000,
    CHUNK_FLOATS = 128, // working sets are cut into these, as the loops read so many at once
};
static const double sweep_s = 0.02;                 // shortest time of one point of the sweep
static const size_t sweep_first = (size_t)32 << 10; // per thread
// Of all threads together; 4 times all caches where that is more.
static const size_t sweep_last = (size_t)256 << 20;

static volatile float sink; // keeps the loops' results alive

static double elapsed_s(const struct clock *clock, uint64_t start)
{
    return (double)(clock_now(clock) - start) * 1e-9;
}

static const double product_flops = 2.0 * MATRIX * MATRIX * MATRIX;

static int gflops_of_blas(const struct clock *clock, double *gflops, struct error *err)
{
    size_t n = (size_t)MATRIX * MATRIX, bytes = 3 * n * sizeof(float);
    float *m = pages_alloc(bytes, err);
    if (!m)
        return -1;
    data_fill(m, bytes, 1, 1);
    for (int i = 0; i <= REPEATS; i++) { // the first also warms up
        uint64_t start = clock_now(clock);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, MATRIX, MATRIX, MATRIX, 1, m, MATRIX,
                    m + n, MATRIX, 0, m + 2 * n, MATRIX);
        *gflops = fmax(*gflops, product_flops / elapsed_s(clock, start) * 1e-9);
    }
    pages_free(m, bytes);
    return 0;
}

// oneDNN's matmul with constant weights, compiled and run as a model would be.
static int gflops_of_matmul(const struct engine *engine, const struct clock *clock, double *gflops,
                            struct error *err)
{
    struct str text = STR_INIT;
    struct loaded_text l;
    struct kernel_set *kernels = kernel_set_new(engine);
    str_addf(&text, "MatMul i0:f32:%dx%d w:f32:%dx%d > f32:%dx%d | out s0", MATRIX, MATRIX, MATRIX,
             MATRIX, MATRIX, MATRIX);
    int status = loaded_text_init(&l, engine, kernels, text.text, err);
    for (int i = 0; status == 0 && i <= REPEATS; i++) {
        uint64_t start = clock_now(clock);
        program_run(&l.loaded.program);
        *gflops = fmax(*gflops, product_flops / elapsed_s(clock, start) * 1e-9);
    }
    loaded_text_release(&l);
    kernel_set_free(kernels);
    str_release(&text);
    return status;
}

static double median_run_ns(const struct loaded_graph *l, const struct clock *clock)
{
    enum { RUNS = 101 };
    double time_ns[RUNS];
    for (int i = -RUNS; i < RUNS; i++) { // half of them warm up
        uint64_t start = clock_now(clock);
        program_run(&l->program);
        if (i >= 0)
            time_ns[i] = (double)(clock_now(clock) - start);
    }
    return median(time_ns, RUNS);
}

double probe_dispatch_ns(const struct engine *engine, const struct clock *clock, struct error *err)
{
    enum { STEPS = 64 };
    struct str text = STR_INIT;
    struct loaded_text l;
    struct kernel_set *kernels = kernel_set_new(engine);
    str_add(&text, "Relu i0:f32:1x16 > f32:1x16");
    for (int i = 1; i < STEPS; i++)
        str_addf(&text, " | Relu s%d:f32:1x16 > f32:1x16", i - 1);
    str_addf(&text, " | out s%d", STEPS - 1);
    int status = loaded_text_init(&l, engine, kernels, text.text, err);
    double run_ns = status ? 0 : median_run_ns(&l.loaded, clock);
    loaded_text_release(&l);
    kernel_set_free(kernels);
    str_release(&text);
    return run_ns / STEPS;
}

static double gflops_of_fma(const struct clock *clock, const struct probe_loops *loops)
{
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        uint64_t start = clock_now(clock);
        int threads = 1;
#pragma omp parallel
        {
            float result = loops->fma(FMA_ROUNDS);
#pragma omp single
            {
                threads = omp_get_num_threads();
                sink = result;
            }
        }
        double flops = 2.0 * FMA_ROUNDS * PROBE_FMA_VECTORS * loops->fma_lanes * threads;
        best = fmax(best, flops / elapsed_s(clock, start) * 1e-9);
    }
    return best;
}

// Every thread reads its own part of the working set, again and again. Bytes per nanosecond.
static double read_bandwidth(const struct clock *clock, const struct probe_loops *loops,
                             const float *x, size_t bytes, int threads)
{
    size_t part = bytes / sizeof *x / (size_t)threads / CHUNK_FLOATS * CHUNK_FLOATS;
    double best = 0;
    long passes = 1 + (long)(((size_t)1 << 20) / bytes);
    uint64_t begin = clock_now(clock);
    for (int i = 0; i < 3 || elapsed_s(clock, begin) < sweep_s; i++) {
        uint64_t start = clock_now(clock);
#pragma omp parallel
        for (long pass = 0; pass < passes; pass++) {
            float result = loops->read(x + (size_t)omp_get_thread_num() * part, part);
            if (result == 12345.678f)
                sink = result;
        }
        double read = (double)(part * sizeof *x) * threads * (double)passes;
        best = fmax(best, read / elapsed_s(clock, start) * 1e-9);
    }
    return best;
}

static int measure_bandwidth(const struct engine *engine, const struct clock *clock,
                             const struct probe_loops *loops, struct probe *probe,
                             struct error *err)
{
    size_t caches = machine_last_level_cache(&engine->machine);
    size_t last = 4 * caches > sweep_last ? 4 * caches : sweep_last;
    float *x = pages_alloc(last, err);
    if (!x)
        return -1;
    data_fill(x, last, 1, 2);
    int max_levels = (int)(sizeof probe->levels / sizeof *probe->levels);
    size_t bytes = sweep_first * (size_t)engine->threads;
    for (; bytes <= last && probe->n_levels < max_levels; bytes *= 2) {
        probe->levels[probe->n_levels].bytes = bytes;
        probe->levels[probe->n_levels++].gbps =
            read_bandwidth(clock, loops, x, bytes, engine->threads);
    }
    probe->gbps_memory = probe->levels[probe->n_levels - 1].gbps;
    pages_free(x, last);
    return 0;
}

// Bandwidth at a quarter of the topology's last-level cache: surely inside it.
static double plateau(const struct probe *probe, size_t topology_bytes)
{
    for (int i = probe->n_levels - 1; i >= 0; i--)
        if (probe->levels[i].bytes <= topology_bytes / 4)
            return probe->levels[i].gbps;
    return 0;
}

size_t probe_effective_llc(const struct probe *probe, size_t topology_bytes)
{
    double inside = plateau(probe, topology_bytes);
    if (inside < 1.2 * probe->gbps_memory) // no step to be found
        return 0;
    double middle = sqrt(inside * probe->gbps_memory);
    int i = probe->n_levels - 1;
    while (i > 0 && probe->levels[i - 1].gbps < middle)
        i--;
    if (i == 0)
        return 0;
    // levels[i - 1] is above the middle, levels[i] below: interpolate by logarithm
    double above = log(probe->levels[i - 1].gbps), below = log(probe->levels[i].gbps);
    double at = (above - log(middle)) / (above - below);
    return (size_t)((double)probe->levels[i - 1].bytes * exp2(at));
}

// OpenBLAS chooses its kernels by the CPU's name; one it does not know gets those of an older one.
static void warn_about_blas(const struct engine *engine, struct probe *probe)
{
    const char *core = engine->environment.value[ENV_blas_core];
    if (probe->gflops_blas > 0.7 * probe_peak(probe))
        return;
    snprintf(probe->warning, sizeof probe->warning,
             "OpenBLAS runs its %s kernels on a CPU with %s: %.0f of %.0f GFLOP/s", core,
             engine->environment.value[ENV_isa], probe->gflops_blas, probe_peak(probe));
}

int probe_measure(const struct engine *engine, const struct clock *clock, struct probe *probe,
                  struct error *err)
{
    const struct probe_loops *loops = probe_loops_for(engine->environment.value[ENV_isa]);
    *probe = (struct probe){.clock_ns = clock_cost_ns(clock)};
    probe->gflops_fma = gflops_of_fma(clock, loops);
    if (gflops_of_blas(clock, &probe->gflops_blas, err) ||
        gflops_of_matmul(engine, clock, &probe->gflops_onednn, err) ||
        measure_bandwidth(engine, clock, loops, probe, err))
        return -1;
    probe->dispatch_ns = probe_dispatch_ns(engine, clock, err);
    if (probe->dispatch_ns <= 0)
        return -1;
    probe->effective_llc = probe_effective_llc(probe, machine_last_level_cache(&engine->machine));
    warn_about_blas(engine, probe);
    return 0;
}

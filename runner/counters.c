#include "runner/counters.h"

#include <linux/perf_event.h>
#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"

// One thread of the team; only that thread reads and writes it, as a counter of another thread that
// runs would have to interrupt it.
struct counted_thread {
    int migrations_fd; // -1: not allowed
    int cpu;           // at the last reading
    uint64_t moves;    // from reading to reading
};

struct team_counters {
    int cycles_fd, reference_fd; // of the calling thread, one group; -1: not to be had
    int threads;
    struct counted_thread thread[];
};

// Counts the calling thread on whatever CPU it is. Cycles count in the program alone, which more
// kernels allow, and their ratio is the same. Migrations happen inside the kernel: without its own
// work it would report none at all.
static int open_counter(uint32_t type, uint64_t config, int group)
{
    struct perf_event_attr attr = {
        .type = type,
        .size = sizeof attr,
        .config = config,
        .read_format = PERF_FORMAT_GROUP,
        .exclude_kernel = type == PERF_TYPE_HARDWARE,
        .exclude_hv = type == PERF_TYPE_HARDWARE,
    };
    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, group, PERF_FLAG_FD_CLOEXEC);
}

static void close_counter(int fd)
{
    if (fd >= 0)
        close(fd);
}

// Both or none: either alone says nothing about the frequency.
static void open_cycles(struct team_counters *t)
{
    t->cycles_fd = open_counter(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, -1);
    t->reference_fd = t->cycles_fd < 0 ? -1
                                       : open_counter(PERF_TYPE_HARDWARE,
                                                      PERF_COUNT_HW_REF_CPU_CYCLES, t->cycles_fd);
    if (t->reference_fd < 0) {
        close_counter(t->cycles_fd);
        t->cycles_fd = -1;
    }
}

// The n counters of a group; 0 where they cannot be read.
static void read_group(int fd, int n, uint64_t *value)
{
    uint64_t group[1 + 2] = {0}; // how many, then the counters
    size_t bytes = (size_t)(1 + n) * sizeof *group;
    bool whole = fd >= 0 && read(fd, group, bytes) == (ssize_t)bytes;
    for (int i = 0; i < n; i++)
        value[i] = whole ? group[1 + i] : 0;
}

static uint64_t read_migrations(struct counted_thread *t)
{
    uint64_t counted;
    int cpu = sched_getcpu();
    t->moves += cpu != t->cpu;
    t->cpu = cpu;
    read_group(t->migrations_fd, 1, &counted);
    return t->migrations_fd < 0 ? t->moves : counted;
}

static void read_all(void *context, struct counter_values *out)
{
    struct team_counters *t = context;
    struct rusage usage;
    uint64_t migrations = 0, cycles[2];
#pragma omp parallel num_threads(t->threads) reduction(+ : migrations)
    migrations += read_migrations(&t->thread[omp_get_thread_num()]);
    read_group(t->cycles_fd, 2, cycles);
    getrusage(RUSAGE_SELF, &usage);
    *out = (struct counter_values){
        .preemptions = (uint64_t)usage.ru_nivcsw,
        .faults = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt,
        .migrations = migrations,
        .cycles = cycles[0],
        .reference_cycles = cycles[1],
    };
}

void counters_open(struct counters *c, int threads)
{
    struct team_counters *t = xcalloc(1, sizeof *t + (size_t)threads * sizeof *t->thread);
    t->threads = threads;
    open_cycles(t);
#pragma omp parallel num_threads(threads)
    t->thread[omp_get_thread_num()] = (struct counted_thread){
        .migrations_fd = open_counter(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, -1),
        .cpu = sched_getcpu(),
    };
    *c = (struct counters){read_all, t};
}

void counters_close(struct counters *c)
{
    struct team_counters *t = c->context;
    for (int i = 0; t && i < t->threads; i++)
        close_counter(t->thread[i].migrations_fd);
    if (t) {
        close_counter(t->reference_fd);
        close_counter(t->cycles_fd);
    }
    free(t);
    *c = (struct counters){0};
}

#include "runner/watch.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>

enum { N_TRIES = 3, N_HOPS = 64, N_ADDITIONS = 10000 };

// Alone in its cache lines: what lies beside it must not travel along.
static _Alignas(256) atomic_int token;

// Thread `me` of n takes the token when it is its turn, `laps` times around.
static void pass_on(int me, int n, int laps)
{
    for (int lap = 0; lap < laps; lap++) {
        int turn = lap * n + me;
        while (atomic_load_explicit(&token, memory_order_acquire) != turn)
            ;
        atomic_store_explicit(&token, turn + 1, memory_order_release);
    }
}

static double time_hop(int threads, int laps, const struct clock *clock)
{
    uint64_t start = 0;
    atomic_store(&token, -1);
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int me = 0; me < threads; me++) {
        if (me == 0) {
            start = clock_now(clock);
            atomic_store_explicit(&token, 0, memory_order_release);
        }
        pass_on(me, threads, laps);
    }
    return (double)(clock_now(clock) - start) / (threads * laps);
}

double watch_handoff_ns(int threads, const struct clock *clock)
{
    if (threads < 2)
        return 0;
    double least = INFINITY;
    for (int i = 0; i < N_TRIES; i++)
        least = fmin(least, time_hop(threads, 1 + N_HOPS / threads, clock));
    return least;
}

static uint64_t add_in_turn(uint64_t x)
{
    for (int i = 0; i < N_ADDITIONS / 10; i++)
        __asm__ volatile("add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n"
                         "add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n add $1, %0\n"
                         : "+r"(x));
    return x;
}

double watch_cycle_ns(const struct clock *clock)
{
    double least = INFINITY;
    for (int i = 0; i < N_TRIES; i++) {
        uint64_t start = clock_now(clock);
        add_in_turn(start);
        least = fmin(least, (double)(clock_now(clock) - start) / N_ADDITIONS);
    }
    return least;
}

// Reference cycles per cycle between two readings: in proportion to the length of a cycle; 0 if
// they are not counted.
static double slowness(const struct counter_values *a, const struct counter_values *b)
{
    uint64_t cycles = b->cycles - a->cycles, reference = b->reference_cycles - a->reference_cycles;
    return cycles && reference ? (double)reference / (double)cycles : 0;
}

void watch_begin(struct watch *w, const struct engine *engine, const struct clock *clock)
{
    *w = (struct watch){.counters = &engine->counters};
    w->condition.handoff_ns = (float)watch_handoff_ns(engine->threads, clock);
    struct counter_values before = counters_read(w->counters);
    w->condition.cycle_ns = (float)watch_cycle_ns(clock);
    w->values = counters_read(w->counters);
    w->slowness = slowness(&before, &w->values);
}

static int marks_of(const struct counter_values *a, const struct counter_values *b)
{
    return (b->preemptions > a->preemptions ? CONDITION_preempted : 0) |
           (b->faults > a->faults ? CONDITION_faulted : 0) |
           (b->migrations > a->migrations ? CONDITION_migrated : 0);
}

struct condition watch_end(const struct watch *w)
{
    struct condition c = w->condition;
    struct counter_values now = counters_read(w->counters);
    double slowness_since = slowness(&w->values, &now);
    if (w->slowness > 0 && slowness_since > 0)
        c.cycle_ns *= (float)(slowness_since / w->slowness);
    c.marks = marks_of(&w->values, &now);
    return c;
}
